"""Results that could not be computed: which, and whether it is time to try again."""

from collections.abc import Collection, Mapping

from django.db.models import Q, QuerySet
from django.utils import timezone

from core.jobs.tries import LOST_AFTER
from evaluation.models import ComputingTrouble, Run
from evaluation.models.trouble import Computed

SHOWN = 5


def computing_troubles() -> QuerySet[ComputingTrouble]:
    """Computations that failed or were lost, the latest first, with their runs."""
    lost = Q(failed_at__isnull=True, begun_at__lt=timezone.now() - LOST_AFTER)
    return (
        ComputingTrouble.objects.filter(Q(failed_at__isnull=False) | lost)
        .select_related("run__endpoint")
        .order_by("-begun_at")
    )


def trouble_with_result(run: Run) -> ComputingTrouble | None:
    """Why the run's result could not be computed, if it could not."""
    return computing_troubles().filter(run=run, computed=Computed.RESULT).first()


def troubled_gains(runs: Collection[int]) -> Mapping[int, ComputingTrouble]:
    """Of these runs, those whose comparison with the direct run could not be computed."""
    troubles = computing_troubles().filter(run__in=runs, computed=Computed.GAIN)
    return {trouble.run_id: trouble for trouble in troubles}


def runs_to_leave(computed: Computed) -> set[int]:
    """Runs whose computation failed so lately that it is not tried again yet."""
    failed = ComputingTrouble.objects.filter(computed=computed, failed_at__isnull=False)
    return {trouble.run_id for trouble in failed if trouble.again_at is not None}
