"""Waiting, with progress bars on the terminal if wanted."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from perg.client.errors import TookTooLong


class Deadline:
    """A limit on waiting, in seconds; None: no limit."""

    def __init__(self, seconds: float | None, what: str) -> None:
        self._until = None if seconds is None else time.monotonic() + seconds
        self._what = what

    def sleep(self, seconds: float) -> None:
        """Wait for a while. Raises TookTooLong if the limit is reached."""
        left = seconds if self._until is None else self._until - time.monotonic()
        if left <= 0:
            raise TookTooLong(f"{self._what} took too long.")
        time.sleep(min(seconds, left))


class Bars(Protocol):
    """A bar for each thing in progress."""

    def show(self, key: int, name: str, done: float, total: float | None) -> None: ...


class NoBars:
    def show(self, key: int, name: str, done: float, total: float | None) -> None:
        pass


class _RichBars:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[int, TaskID] = {}

    def show(self, key: int, name: str, done: float, total: float | None) -> None:
        if key not in self._tasks:
            self._tasks[key] = self._progress.add_task(name, total=total)
        self._progress.update(self._tasks[key], completed=done, total=total)


@contextmanager
def bars(are_shown: bool, *, console: Console | None = None) -> Iterator[Bars]:
    """Bars on the terminal, or none."""
    if not are_shown:
        yield NoBars()
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield _RichBars(progress)
