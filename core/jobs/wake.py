"""Waking workers. The broker carries no work, only the news that there is some."""

import logging
from functools import partial

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from core.redis.outages import outage_of

logger = logging.getLogger(__name__)


def wake(task: str, *keys: int | str, queue: str | None = None, after: float = 0.0) -> None:
    """Queue a task by name once the transaction is committed, to be started `after` seconds from then.

    A broker that is down costs time, never work: the sweep finds in PostgreSQL what was left behind. A worker holds
    a message until its time has come, so `after` is for seconds and not for hours.
    """
    message = partial(_send, task, keys)
    if queue is not None:
        message = partial(message, queue)
    if after:
        message = partial(message, countdown=after)
    transaction.on_commit(message)


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
