"""Celery tasks of the engine: moving runs on, and calling endpoints."""

import time

from celery import shared_task
from celery.signals import worker_shutting_down
from django.conf import settings

from evaluation.endpoints.services.waking import queue_of, wake_drain
from evaluation.engine.calls.claims import seconds_until_next_call
from evaluation.engine.calls.drain import drain
from evaluation.engine.calls.shutdown import begin_shutdown, shutting_down
from evaluation.engine.calls.turns import in_turn
from evaluation.engine.selectors import endpoints_with_work, unfinished_runs
from evaluation.engine.steps import advance
from evaluation.engine.steps.after_calls import advance_waiting
from evaluation.models import Endpoint, Run

PATIENCE_SECONDS = 1.0
"""A drain that waits longer for its next call gives its place in the worker to others, and is woken in time."""


@shared_task
def advance_run(run_id: int) -> None:
    """Move a run on by what can be done now."""
    advance.advance_run(Run.objects.get(pk=run_id))


@worker_shutting_down.connect
def _on_shutdown(**_: object) -> None:
    begin_shutdown()


@shared_task
def drain_endpoint(endpoint_id: int) -> None:
    """Call an endpoint until nothing waits for it, settling replies as they come; long queues in several turns."""
    if in_turn(endpoint_id, lambda: _drain(endpoint_id)):
        wake_drain(endpoint_id)


def _drain(endpoint_id: int) -> None:
    endpoint = Endpoint.objects.get(pk=endpoint_id)
    deadline = time.monotonic() + settings.DRAIN_SECONDS
    recorded = drain(
        endpoint,
        after_chunk=lambda: advance_waiting(endpoint_id),
        should_stop=lambda: shutting_down() or time.monotonic() > deadline,
        patience=PATIENCE_SECONDS,
    )
    advance_waiting(endpoint_id)
    if time.monotonic() > deadline:
        wake_drain(endpoint_id)
    # Only a drain that has made calls comes back: of several that wait for the same moment, one goes on.
    elif recorded and (wait := seconds_until_next_call(endpoint)) and wait <= settings.SWEEP_SECONDS:
        wake_drain(endpoint_id, after=wait)


@shared_task
def sweep() -> None:
    """Pick up what a lost message or a killed worker left behind.

    Messages that no worker has time for expire by the next sweep, so that they do not pile up.
    """
    for endpoint in endpoints_with_work():
        drain_endpoint.apply_async(
            (endpoint.pk,), queue=queue_of(endpoint.provider), expires=settings.SWEEP_SECONDS
        )
    for run in unfinished_runs():
        advance_run.apply_async((run.pk,), expires=settings.SWEEP_SECONDS)
