"""Keeping a job for its worker while the work continues, and recording its progress."""

import logging
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from django.db import DatabaseError, connection

from core.jobs.leased_job import LeasedJob
from core.jobs.leasing import ClaimLost, renew

HEARTBEAT_SECONDS = 1.0

logger = logging.getLogger(__name__)


class Heartbeat:
    """Renews the lease whenever the work says how far it is, at most once a second.

    For work that says so often, and outside of a transaction, in which nobody would see it.
    """

    def __init__(self, job: LeasedJob) -> None:
        self._job = job
        self._last = float("-inf")

    def tell(self, **facts: Any) -> None:
        """How far the work is, by column. Raises ClaimLost where another worker has the job by now."""
        if time.monotonic() - self._last >= HEARTBEAT_SECONDS:
            self._last = time.monotonic()
            renew(self._job, facts)


class ThreadHeartbeat(Heartbeat):
    """Renews the lease every second, in a thread with a connection of its own.

    For work in one long transaction: what it writes nobody sees before its end, and one statement may take long.
    Whether the claim is lost is seen at the end, where `finish` looks at it.
    """

    def __init__(self, job: LeasedJob) -> None:
        super().__init__(job)
        self._facts: dict[str, Any] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def tell(self, **facts: Any) -> None:
        """How far the work is, by column; stored with the next beat."""
        self._facts = facts

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._over.wait(HEARTBEAT_SECONDS):
                try:
                    with suppress(ClaimLost):
                        renew(self._job, self._facts)
                except DatabaseError as error:
                    logger.warning("How far %s is could not be noted: %s", self._job, error)
                    connection.close()
        finally:
            connection.close()  # this thread's
