"""Celery tasks: each takes a primary key and calls one service."""

import logging
import time
from collections.abc import Callable

from celery import shared_task
from celery.signals import worker_shutting_down
from django.conf import settings

from core.jobs.wake import queue_of, wake_drain
from evaluation.engine.calls.claims import seconds_until_next_call
from evaluation.engine.calls.drain import drain
from evaluation.engine.calls.shutdown import begin_shutdown, shutting_down
from evaluation.engine.calls.turns import in_turn
from evaluation.engine.steps import advance
from evaluation.imports.services.jobs import prune_imports
from evaluation.library.selectors.catalogues import builds_asking
from evaluation.library.services import catalogue_building
from evaluation.models import CatalogueBuild, Endpoint, Run
from evaluation.models.trouble import Computed
from evaluation.results.selectors.computing import runs_to_leave
from evaluation.results.selectors.results import gains_to_compute, runs_to_compute
from evaluation.results.services import comparing, results
from evaluation.results.services.computing import noted
from evaluation.runs.selectors.runs import endpoints_with_work, runs_waiting_on, unfinished_runs

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 1.0
"""A drain that waits longer for its next call gives its place in the worker to others, and is woken in time."""


@shared_task
def advance_run(run_id: int) -> None:
    """Move a run on by what can be done now."""
    advance.advance_run(Run.objects.get(pk=run_id))


@shared_task
def advance_build(build_id: int) -> None:
    """Ask what a catalogue build still lacks, and read what has come back."""
    catalogue_building.advance_build(CatalogueBuild.objects.get(pk=build_id))


@shared_task
def keep_comparison(reference_id: int, other_id: int) -> None:
    """Compare two large runs for the page of comparisons."""
    comparing.keep_comparison(reference=Run.objects.get(pk=reference_id), other=Run.objects.get(pk=other_id))


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
        after_chunk=lambda: _advance_waiting(endpoint_id),
        should_stop=lambda: shutting_down() or time.monotonic() > deadline,
        patience=PATIENCE_SECONDS,
    )
    _advance_waiting(endpoint_id)
    if time.monotonic() > deadline:
        wake_drain(endpoint_id)
    # Only who has called comes back: of several drains that wait for the same moment, one goes on.
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
    for build in builds_asking():
        advance_build.apply_async((build.pk,), expires=settings.SWEEP_SECONDS)


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
    """Have the results computed that are not current, those of runs from before there were any included.

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


@shared_task
def prune_import_files() -> None:
    """Delete uploaded files that nobody will read again."""
    prune_imports()


def _advance_waiting(endpoint_id: int) -> None:
    """Move on what waits for the endpoint. What fails here must not end the calls that are under way: they are paid."""
    for run in runs_waiting_on(endpoint_id):
        _without_harm(lambda run=run: advance.advance_run(run))  # type: ignore[misc]
    for build in builds_asking().filter(endpoint=endpoint_id):
        _without_harm(lambda build=build: catalogue_building.advance_build(build))  # type: ignore[misc]


def _without_harm(step: Callable[[], None]) -> None:
    try:
        step()
    except Exception:
        logger.exception("A step after calls has failed; the sweep will try it again.")
