"""Waking workers. The broker carries no work, only the news that there is some."""

import logging
from functools import partial

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from core.cache.redis_cache import outage_of
from evaluation.models import Endpoint
from evaluation.models.endpoint import Provider

logger = logging.getLogger(__name__)

DRAIN = "evaluation.tasks.drain_endpoint"


def wake(task: str, *keys: int | str) -> None:
    """Queue a task by name once the transaction is committed.

    A broker that is down costs time, never work: the sweep finds in PostgreSQL what was left behind.
    """
    transaction.on_commit(partial(_send, task, keys))


def wake_drain(*endpoints: int, after: float = 0.0) -> None:
    """Have the queues of endpoints (primary keys) emptied by workers of their kind, `after` seconds from the commit.

    A worker holds the message until then, so this is for seconds and not for hours.
    """
    for key, provider in Endpoint.objects.filter(pk__in=endpoints).values_list("pk", "provider"):
        transaction.on_commit(partial(_send, DRAIN, (key,), queue_of(provider), countdown=after or None))


def queue_of(provider: str) -> str:
    """The queue of the workers that can call a provider: local models want a GPU."""
    return "gpu" if provider == Provider.TRANSFORMERS else "llm"


def _send(
    task: str, keys: tuple[int | str, ...], queue: str | None = None, countdown: float | None = None
) -> None:
    outage = outage_of(settings.REDIS_URL)
    if outage.is_on:  # A request that wakes several workers waits for a dead broker once.
        return
    try:
        current_app.send_task(task, args=keys, queue=queue, countdown=countdown)
    except (OperationalError, OSError) as error:
        outage.begin(error)
        logger.warning("Could not wake a worker for %s%s (%s): the sweep will.", task, keys, error)
