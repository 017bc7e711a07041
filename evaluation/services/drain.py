"""The loop that empties an endpoint's queue: claim a chunk, call, record, repeat."""

from collections.abc import Callable

from django.conf import settings

from evaluation.llm.providers import Provider, ProviderNotAvailable, provider_named
from evaluation.llm.replies import CallFailure, Outcome
from evaluation.llm.requests import ChatRequest
from evaluation.models import Endpoint
from evaluation.services.completions import Claim, claim_completions, record_outcomes


def drain(endpoint: Endpoint, *, after_chunk: Callable[[], None] = lambda: None) -> int:
    """Call the endpoint until nothing waits for it; give the number of completions recorded.

    Safe to run any number of times at once. No transaction is open during a call. `after_chunk` is called after
    each recorded chunk.
    """
    recorded = 0
    while True:
        claim = claim_completions(endpoint, limit=settings.COMPLETION_CHUNK)
        if not claim.completions:
            return recorded
        recorded += record_outcomes(claim, _call(endpoint, claim), endpoint)
        after_chunk()


def _call(endpoint: Endpoint, claim: Claim) -> list[Outcome]:
    requests = [ChatRequest.from_json(completion.request) for completion in claim.completions]
    try:
        provider: Provider = provider_named(endpoint.provider)
    except ProviderNotAvailable as error:
        return [CallFailure("provider_not_available", str(error), retryable=False) for _ in requests]
    return list(provider.complete(requests))
