"""Telling the processes of a worker that it is being shut down, so that they begin nothing more.

Celery's warm shutdown waits for its child processes without a word to them. A byte of memory that they share says it.
"""

import mmap

_flag = mmap.mmap(-1, 1)  # anonymous and shared: children forked later see what the parent writes


def begin_shutdown() -> None:
    """Ask every process of this worker to finish what it has begun."""
    _flag[0] = 1


def shutting_down() -> bool:
    return _flag[0] == 1
