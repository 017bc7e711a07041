"""REST views of batches, for staff."""

from django.contrib.auth.models import User
from django.db.models import QuerySet
from rest_framework import generics, status
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation.api.serializers import BatchSerializer, LaunchSerializer
from evaluation.models import Batch
from evaluation.services.estimate import estimate_launch
from evaluation.services.launching import check_launch, launch_batch


class BatchList(generics.ListAPIView[Batch]):
    """All batches, newest first; POST launches one."""

    permission_classes = [IsAdminUser]
    serializer_class = BatchSerializer

    def get_queryset(self) -> QuerySet[Batch]:
        return Batch.objects.prefetch_related("runs__endpoint", "runs__dataset")

    def post(self, request: Request) -> Response:
        launch = LaunchSerializer(data=request.data)
        launch.is_valid(raise_exception=True)
        assert isinstance(request.user, User)  # IsAdminUser has let nobody else in
        batch = launch_batch(spec=launch.spec(), created_by=request.user)
        return Response(BatchSerializer(batch).data, status=status.HTTP_201_CREATED)


class BatchEstimate(APIView):
    """What a batch would take; launches nothing."""

    permission_classes = [IsAdminUser]

    def post(self, request: Request) -> Response:
        launch = LaunchSerializer(data=request.data)
        launch.is_valid(raise_exception=True)
        check_launch(launch.spec())
        estimate = estimate_launch(launch.spec())
        return Response(
            {
                "runs": estimate.runs,
                "items": estimate.items,
                "calls": estimate.calls,
                "cost": estimate.cost,
                "unpriced": [endpoint.name for endpoint in estimate.unpriced],
                "endpoints": [
                    {
                        "endpoint": line.endpoint.name,
                        "calls": line.calls,
                        "input_tokens": line.input_tokens,
                        "output_tokens": line.output_tokens,
                        "cost": line.cost,
                    }
                    for line in estimate.lines
                ],
            }
        )
