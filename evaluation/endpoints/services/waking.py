"""Waking the workers that call endpoints."""

from core.jobs.wake import wake
from evaluation.models import Endpoint
from evaluation.models.endpoint import Provider

DRAIN = "evaluation.engine.tasks.drain_endpoint"


def wake_drain(*endpoints: int, after: float = 0.0) -> None:
    """Have the queues of endpoints (primary keys) emptied by workers of their kind, `after` seconds from the commit."""
    for key, provider in Endpoint.objects.filter(pk__in=endpoints).values_list("pk", "provider"):
        wake(DRAIN, key, queue=queue_of(provider), after=after)


def queue_of(provider: str) -> str:
    """The queue of the workers that can call a provider: local models want a GPU."""
    return "gpu" if provider == Provider.TRANSFORMERS else "llm"
