"""Celery tasks of results: computing them, and comparing runs."""

from celery import shared_task
from django.conf import settings

from evaluation.models import Run
from evaluation.models.trouble import Computed
from evaluation.results.selectors.computing import runs_to_leave
from evaluation.results.selectors.results import gains_to_compute, runs_to_compute
from evaluation.results.services import comparing, results
from evaluation.results.services.computing import noted


@shared_task
def keep_comparison(reference_id: int, other_id: int) -> None:
    """Compare two large runs for the page of comparisons."""
    comparing.keep_comparison(reference=Run.objects.get(pk=reference_id), other=Run.objects.get(pk=other_id))


@shared_task
def refresh_result(run_id: int) -> None:
    """Compute the result of a run, unless it is current or the run is gone."""
    run = Run.objects.filter(pk=run_id).first()
    if run is not None:
        with noted(run, Computed.RESULT):
            results.refresh_result(run=run)


@shared_task
def refresh_gain(run_id: int, reference_id: int) -> None:
    """Compare a run with the direct run that it is measured against, unless one of them is gone."""
    runs = Run.objects.select_related("endpoint").in_bulk([run_id, reference_id])
    if len(runs) == 2:
        with noted(runs[run_id], Computed.GAIN):
            results.refresh_gain(run=runs[run_id], reference=runs[reference_id])


@shared_task
def sweep_results() -> None:
    """Have the results computed that are not current, including those of runs from before there were any.

    What failed lately waits: each time twice as long.
    """
    results.forget_deleted_runs()
    left = runs_to_leave(Computed.RESULT)
    for run_id in runs_to_compute():
        if run_id not in left:
            refresh_result.apply_async((run_id,), expires=settings.SWEEP_SECONDS)
    left = runs_to_leave(Computed.GAIN)
    for run_id, reference_id in gains_to_compute():
        if run_id not in left:
            refresh_gain.apply_async((run_id, reference_id), expires=settings.SWEEP_SECONDS)
