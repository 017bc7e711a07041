"""The loop that empties an endpoint's queue: claim a chunk, call, record, repeat."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connection

from evaluation.endpoints.services.endpoints import provider_of
from evaluation.engine.calls.claims import Claim, claim_completions, renew_leases
from evaluation.engine.calls.pipeline import Pipeline
from evaluation.engine.calls.recording import record_outcomes
from evaluation.llm.providers import BatchProvider, ProviderNotAvailable
from evaluation.llm.replies import CallFailure, Outcome
from evaluation.models import Endpoint
from evaluation.models.endpoint import Provider

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 20.0
LOCAL_CHUNK = 1024
"""A local model sorts what it is given by length: the more, the better its batches."""


def drain(
    endpoint: Endpoint,
    *,
    after_chunk: Callable[[], None] = lambda: None,
    should_stop: Callable[[], bool] = lambda: False,
    patience: float = PATIENCE_SECONDS,
) -> int:
    """Call the endpoint until nothing waits for it; give the number of results recorded, retries included.

    Safe to run any number of times at once. No transaction is open during a call. `after_chunk` is called when
    results have been recorded, about once a second. Once `should_stop` says so, nothing more is begun, what is in
    flight is recorded, and what was claimed besides goes back to the queue. With nothing in flight, it waits for the
    next retry, or for the end of a pause that the server asked for, if that is not more than `patience` seconds away.
    """
    try:
        provider = provider_of(endpoint)
    except ProviderNotAvailable as error:
        return _fail_all(endpoint, str(error), after_chunk, should_stop)
    if isinstance(provider, BatchProvider):
        return _drain_in_batches(endpoint, provider, after_chunk, should_stop)
    pipeline = Pipeline(
        endpoint, provider, after_chunk=after_chunk, should_stop=should_stop, patience=patience
    )
    # The event loop gets a thread of its own, and database work comes back to this one and its connection.
    return async_to_sync(pipeline.run)()


def _drain_in_batches(
    endpoint: Endpoint,
    provider: BatchProvider,
    after_chunk: Callable[[], None],
    should_stop: Callable[[], bool],
) -> int:
    recorded = 0
    local = endpoint.provider == Provider.TRANSFORMERS
    limit = max(LOCAL_CHUNK, settings.COMPLETION_CHUNK) if local else settings.COMPLETION_CHUNK
    while not should_stop():
        claim = claim_completions(endpoint, limit=limit)
        if not claim.completions:
            break
        with _leases_renewed(claim):
            outcomes = provider.complete_batch([row.request for row in claim.completions])
        recorded += record_outcomes(claim, outcomes, endpoint)
        after_chunk()
    return recorded


def _fail_all(
    endpoint: Endpoint, why: str, after_chunk: Callable[[], None], should_stop: Callable[[], bool]
) -> int:
    """Nothing can be called: say so on every row that waits, so that no run waits forever."""
    recorded = 0
    while not should_stop():
        claim = claim_completions(endpoint, limit=settings.COMPLETION_CHUNK)
        if not claim.completions:
            break
        failure: Outcome = CallFailure("provider_not_available", why, retryable=False)
        recorded += record_outcomes(claim, [failure] * len(claim.completions), endpoint)
        after_chunk()
    return recorded


@contextmanager
def _leases_renewed(claim: Claim) -> Iterator[None]:
    """Renew the claim's leases for as long as the body runs, from a thread, for the body is busy computing."""
    over = threading.Event()

    def renew() -> None:
        try:
            while not over.wait(settings.COMPLETION_LEASE_SECONDS / 3):
                renew_leases(claim.lease, [row.pk for row in claim.completions])
        finally:
            connection.close()  # the thread's own

    thread = threading.Thread(target=renew, name="leases", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
