"""REST views of endpoints, for staff."""

from dataclasses import replace

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.viewsets import CollectionViewSet
from evaluation.endpoints.selectors import health_of
from evaluation.endpoints.serializers import (
    EndpointHealthSerializer,
    EndpointQuery,
    EndpointSerializer,
    EndpointWriteSerializer,
)
from evaluation.endpoints.services.endpoints import (
    EndpointSpec,
    change_endpoint,
    create_endpoint,
    limit_key,
    spec_of,
)
from evaluation.models import Endpoint


@extend_schema_view(retrieve=extend_schema(description="One endpoint."))
class Endpoints(CollectionViewSet[Endpoint]):
    """All endpoints, newest first."""

    serializer_class = EndpointSerializer
    query_serializer_class = EndpointQuery
    queryset = Endpoint.objects.all()
    lookups = {"provider": "provider", "search": "name__icontains"}

    @extend_schema(request=EndpointWriteSerializer, responses={201: EndpointSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Make an endpoint. Its key is not given here but in the workers' environment."""
        spec = EndpointSpec(**EndpointWriteSerializer.values_in(request.data))
        endpoint = create_endpoint(spec=spec, actor=actor_of(request))
        return Response(EndpointSerializer(endpoint).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=EndpointWriteSerializer(partial=True), responses={200: EndpointSerializer})
    def partial_update(self, request: Request, endpoint_id: int) -> Response:
        """Change an endpoint. Whose answers it gives is fixed once it has been called."""
        endpoint = self.get_object()
        changes = EndpointWriteSerializer.values_in(
            request.data, partial=True, shown=EndpointSerializer(endpoint).data
        )
        spec = replace(spec_of(endpoint), **changes)
        changed = change_endpoint(endpoint=endpoint, spec=spec, actor=actor_of(request))
        return Response(EndpointSerializer(changed).data)

    @extend_schema(responses=EndpointHealthSerializer)
    @action(detail=True)
    def health(self, request: Request, endpoint_id: int) -> Response:
        """How an endpoint is doing: its limit of calls, what waits, errors of the last day, what it has cost."""
        endpoint = self.get_object()
        health = health_of(endpoint, limit_key=limit_key(endpoint))
        return Response(EndpointHealthSerializer(health).data)
