"""REST views of endpoints, for staff."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.permissions import IsStaff
from core.api.queries import FilteredList
from evaluation.endpoints.selectors import health_of
from evaluation.endpoints.serializers import (
    EndpointHealthSerializer,
    EndpointQuery,
    EndpointSerializer,
    EndpointWriteSerializer,
)
from evaluation.endpoints.services.endpoints import change_endpoint, create_endpoint, limit_key
from evaluation.models import Endpoint


class EndpointList(FilteredList[Endpoint]):
    """All endpoints, newest first."""

    permission_classes = [IsStaff]
    serializer_class = EndpointSerializer
    query_serializer_class = EndpointQuery
    queryset = Endpoint.objects.all()
    lookups = {"provider": "provider", "search": "name__icontains"}

    @extend_schema(request=EndpointWriteSerializer, responses={201: EndpointSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Make an endpoint. Its key is not given here but in the workers' environment."""
        given = EndpointWriteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        endpoint = create_endpoint(spec=given.spec(), actor=actor_of(request))
        return Response(EndpointSerializer(endpoint).data, status=status.HTTP_201_CREATED)


class EndpointDetail(generics.RetrieveAPIView[Endpoint]):
    """One endpoint."""

    permission_classes = [IsStaff]
    serializer_class = EndpointSerializer
    lookup_url_kwarg = "endpoint_id"
    queryset = Endpoint.objects.all()

    @extend_schema(request=EndpointWriteSerializer(partial=True), responses={200: EndpointSerializer})
    def patch(self, request: Request, endpoint_id: int) -> Response:
        """Change an endpoint. Whose answers it gives is fixed once it has been called."""
        endpoint = get_object_or_404(Endpoint, pk=endpoint_id)
        context = {"shown": EndpointSerializer(endpoint).data}
        given = EndpointWriteSerializer(data=request.data, partial=True, context=context)
        given.is_valid(raise_exception=True)
        changed = change_endpoint(endpoint=endpoint, spec=given.spec(endpoint), actor=actor_of(request))
        return Response(EndpointSerializer(changed).data)


class EndpointHealth(APIView):
    """How an endpoint is doing."""

    permission_classes = [IsStaff]

    @extend_schema(responses=EndpointHealthSerializer)
    def get(self, request: Request, endpoint_id: int) -> Response:
        """How an endpoint is doing: its limit of calls, what waits, errors of the last day, what it has cost."""
        endpoint = get_object_or_404(Endpoint, pk=endpoint_id)
        health = health_of(endpoint, limit_key=limit_key(endpoint))
        return Response(EndpointHealthSerializer(health).data)
