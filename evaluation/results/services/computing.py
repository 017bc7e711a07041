"""Keeping note of computations until they succeed, so that a page that waits for one can say what became of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from core.audit.writing import record
from core.jobs.broken_off import why_it_broke_off
from core.jobs.tries import LOST_AFTER
from core.jobs.wake import wake
from core.models import User
from evaluation.models import ComputingTrouble, Run
from evaluation.models.trouble import Computed


@contextmanager
def noted(run: Run, computed: Computed) -> Iterator[None]:
    """Note that the computation has begun, and then that it has succeeded, or why not. For the edge of tasks.

    Not inside the computation's own transaction: what that notes is gone when it fails.
    """
    _begin(run, computed)
    try:
        yield
    except Exception as error:
        ComputingTrouble.objects.filter(run=run, computed=computed).update(
            failed_at=timezone.now(), why=why_it_broke_off(error)
        )
        raise
    ComputingTrouble.objects.filter(run=run, computed=computed).delete()


@transaction.atomic
def compute_again(*, run: Run, actor: User | None) -> None:
    """Have what could not be computed of the run tried again now."""
    ComputingTrouble.objects.filter(run=run).delete()
    record("results.retried", actor=actor, subject=run, name=run.name)
    wake("evaluation.results.tasks.refresh_result", run.pk)
    wake("evaluation.results.tasks.sweep_results")  # for the comparison, which needs the result first


def _begin(run: Run, computed: Computed) -> None:
    now = timezone.now()
    ended = Q(failed_at__isnull=False) | Q(begun_at__lt=now - LOST_AFTER)
    again = ComputingTrouble.objects.filter(ended, run=run, computed=computed).update(
        begun_at=now, failed_at=None, why="", tries=F("tries") + 1
    )
    if not again:
        ComputingTrouble.objects.bulk_create(
            [ComputingTrouble(run=run, computed=computed, begun_at=now)], ignore_conflicts=True
        )
