"""REST views of the evaluation."""

from django.shortcuts import get_object_or_404
from rest_framework import generics
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation import selectors
from evaluation.api.serializers import RunSerializer
from evaluation.metrics import RunOutcomes
from evaluation.models import Run


class RunList(generics.ListAPIView[Run]):
    """All runs, newest first."""

    permission_classes = [IsAdminUser]
    serializer_class = RunSerializer
    queryset = selectors.runs_with_counts()


class RunMetrics(APIView):
    """The PERG metrics of a run, each with n and a 95% interval."""

    permission_classes = [IsAdminUser]

    def get(self, request: Request, run_id: int) -> Response:
        return Response(RunOutcomes(get_object_or_404(Run, pk=run_id)).metrics().as_dict())
