"""Keeping a leased row for this worker while one long transaction does the work.

In a thread with a connection of its own: what the transaction writes nobody sees before its end, and its statements may
take long without a word.
"""

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from django.db import DatabaseError, connection

HEARTBEAT_SECONDS = 1.0

logger = logging.getLogger(__name__)


class Heartbeat:
    """Notes every second that the work goes on, and the newest facts about it."""

    def __init__(self, note: Callable[[dict[str, Any]], object], *, of: object) -> None:
        """`note` renews the lease and stores the facts; `of` is what the log calls the work."""
        self._note, self._of = note, of
        self._facts: dict[str, Any] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def tell(self, **facts: Any) -> None:
        """How far the work is; stored with the next beat."""
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
                    self._note(self._facts)
                except DatabaseError as error:
                    logger.warning("How far %s is could not be noted: %s", self._of, error)
                    connection.close()
        finally:
            connection.close()  # this thread's
