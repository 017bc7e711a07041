"""The provider protocol: what a worker needs to call a model. One module beside this one per provider."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from evaluation.llm.replies import Outcome
from evaluation.llm.requests import ChatRequest


class ApiProvider(Protocol):
    """A model behind a network API: many calls in flight, one event loop, connections kept open between calls."""

    async def complete(self, request: ChatRequest) -> Outcome:
        """Make one call, once: no retries here. Failures are outcomes, not exceptions."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


@runtime_checkable
class BatchProvider(Protocol):
    """A model in the worker's own process, which answers many requests in one go."""

    def complete_batch(self, requests: Sequence[ChatRequest]) -> Sequence[Outcome]:
        """One outcome per request, in order; failures are outcomes, not exceptions."""
        ...


Provider = ApiProvider | BatchProvider


class ProviderNotAvailable(LookupError):
    """The endpoint cannot be called by this worker; the message says why, e.g. which variable lacks its key."""
