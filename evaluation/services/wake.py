"""Waking workers. The broker carries no work, only the news that there is some."""

import logging
from functools import partial

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def wake(task: str, *keys: int) -> None:
    """Queue a task by name once the transaction is committed.

    A broker that is down costs time, never work: the sweep finds in PostgreSQL what was left behind.
    """
    transaction.on_commit(partial(_send, task, keys))


def _send(task: str, keys: tuple[int, ...]) -> None:
    try:
        current_app.send_task(task, args=keys)
    except (OperationalError, ConnectionError) as error:
        logger.warning("Could not wake a worker for %s%s (%s): the sweep will.", task, keys, error)
