"""REST views of rubrics, for staff."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.actor import actor_of
from core.api.idempotency import idempotent
from core.api.permissions import IsStaff
from core.api.queries import NamedList
from evaluation.judges.serializers.rubrics import (
    NewRubricSerializer,
    RubricTextSerializer,
    RubricVersionSerializer,
)
from evaluation.judges.services.rubrics import create_rubric, revise_rubric
from evaluation.models import Rubric


class RubricList(NamedList[Rubric]):
    """All versions of all rubrics."""

    serializer_class = RubricVersionSerializer
    queryset = Rubric.objects.all()

    @extend_schema(request=NewRubricSerializer, responses={201: RubricVersionSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a rubric."""
        given = NewRubricSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        rubric = create_rubric(**given.validated_data, actor=actor_of(request))
        return Response(RubricVersionSerializer(rubric).data, status=status.HTTP_201_CREATED)


class RubricDetail(generics.RetrieveAPIView[Rubric]):
    """One version of a rubric."""

    permission_classes = [IsStaff]
    serializer_class = RubricVersionSerializer
    lookup_url_kwarg = "rubric_id"
    queryset = Rubric.objects.all()


class RubricRevise(APIView):
    """Versions of a rubric."""

    permission_classes = [IsStaff]

    @extend_schema(request=RubricTextSerializer, responses={201: RubricVersionSerializer})
    @idempotent
    def post(self, request: Request, rubric_id: int) -> Response:
        """Make the next version of a rubric; the others stay as they are."""
        rubric = get_object_or_404(Rubric, pk=rubric_id)
        given = RubricTextSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        revised = revise_rubric(rubric=rubric, **given.validated_data, actor=actor_of(request))
        return Response(RubricVersionSerializer(revised).data, status=status.HTTP_201_CREATED)
