"""Days that somebody names, in UTC, as moments: the day after the last one there is could not be computed."""

from datetime import UTC, date, datetime, time, timedelta

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(9000, 1, 1)
"""Nothing on record is outside these days."""


def begin_of(day: date) -> datetime:
    """Its first moment."""
    return datetime.combine(min(max(day, FIRST_DAY), LAST_DAY), time(), UTC)


def end_of(day: date) -> datetime:
    """The first moment after it."""
    return begin_of(day) + timedelta(days=1)
