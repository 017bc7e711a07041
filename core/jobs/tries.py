"""How often and how soon work that failed, or lost its worker, is tried again."""

from datetime import timedelta

LOST_AFTER = timedelta(minutes=10)
"""A computation that is under way for longer has lost its worker."""

LOST = "The worker that computed it was never heard of again: it may have been stopped, or run out of memory."

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)


def pause_after(tries: int) -> timedelta:
    """How long nobody tries again by themselves what has failed so often: each time twice as long."""
    doubled: int = 2 ** min(tries - 1, 20)
    return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)
