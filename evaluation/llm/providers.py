"""The provider protocol, and which provider answers for which kind of endpoint."""

from collections.abc import Sequence
from typing import Protocol

from evaluation.llm.heuristic import HeuristicProvider
from evaluation.llm.replies import Outcome
from evaluation.llm.requests import ChatRequest


class Provider(Protocol):
    """Answers a batch of requests. One outcome per request, in order; failures are outcomes, not exceptions."""

    def complete(self, requests: Sequence[ChatRequest]) -> Sequence[Outcome]: ...


class ProviderNotAvailable(LookupError):
    """No provider of this name can be called by this worker."""


def provider_named(name: str) -> Provider:
    """The provider of an endpoint. Raises ProviderNotAvailable for one that cannot be called."""
    if name == "heuristic":
        return HeuristicProvider()
    raise ProviderNotAvailable(f"The provider {name!r} cannot be called by this worker.")
