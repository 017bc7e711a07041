"""One drain for each endpoint in each worker process.

Every step of a run wakes a worker for the endpoints that it calls. Threads of one process would all call the same
slow endpoint, and none would be left for the others.
"""

import threading
from collections.abc import Callable

_lock = threading.Lock()
_woken_again: dict[int, bool] = {}
"""Endpoints (primary keys) that a thread of this process is emptying: whether another was woken for it meanwhile."""


def in_turn(endpoint: int, drain: Callable[[], None]) -> bool:
    """Drain the endpoint, unless a thread of this process is at it; give whether there is news since it began.

    A thread that finds another one at it returns at once: that one gets the news.
    """
    with _lock:
        if endpoint in _woken_again:
            _woken_again[endpoint] = True
            return False
        _woken_again[endpoint] = False
    try:
        drain()
    finally:
        with _lock:
            news = _woken_again.pop(endpoint)
    return news
