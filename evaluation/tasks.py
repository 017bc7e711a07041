"""Celery tasks: each takes a primary key and calls one service."""

from celery import shared_task
from django.conf import settings

from evaluation import selectors
from evaluation.models import Endpoint, Run
from evaluation.services import advance
from evaluation.services.drain import drain


@shared_task
def advance_run(run_id: int) -> None:
    """Move a run on by what can be done now."""
    advance.advance_run(Run.objects.get(pk=run_id))


@shared_task
def drain_endpoint(endpoint_id: int) -> None:
    """Call an endpoint until nothing waits for it, settling replies as they come."""
    drain(Endpoint.objects.get(pk=endpoint_id), after_chunk=lambda: _advance_waiting(endpoint_id))
    for run in selectors.runs_waiting_on(endpoint_id):
        advance.advance_run(run)


@shared_task
def sweep() -> None:
    """Pick up what a lost message or a killed worker left behind.

    Messages that no worker has time for expire by the next sweep, so that they do not pile up.
    """
    for endpoint in selectors.endpoints_with_work():
        drain_endpoint.apply_async((endpoint.pk,), expires=settings.SWEEP_SECONDS)
    for run in selectors.unfinished_runs():
        advance_run.apply_async((run.pk,), expires=settings.SWEEP_SECONDS)


def _advance_waiting(endpoint_id: int) -> None:
    for run in selectors.runs_waiting_on(endpoint_id):
        advance.advance_run(run)
