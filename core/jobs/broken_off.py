"""Why a computation failed, in words for the person who waits for it. The workers' log has the details."""

from django.db import DatabaseError, InterfaceError, OperationalError
from redis.exceptions import RedisError

from core.errors import DomainError
from core.secrets.redaction import redacted

LONGEST = 500


def why_it_broke_off(error: BaseException) -> str:
    """What happened, and the error's own words, in at most `LONGEST` characters and without secrets.

    A DomainError says it all in its own message, which is not cut.
    """
    if isinstance(error, DomainError):
        return _storable(error.message)
    said = str(error).strip().split("\n")[0]
    own = f"{type(error).__name__}{f': {said}' if said else ''}"
    if isinstance(error, MemoryError):
        return "The worker ran out of memory."
    if isinstance(error, OperationalError | InterfaceError):
        words = f"The database was unavailable ({own})."
    elif isinstance(error, DatabaseError):
        words = f"The database rejected the operation ({own})."
    elif isinstance(error, RedisError):
        words = f"Redis was unavailable ({own})."
    elif isinstance(error, OSError):
        words = f"A file or connection error occurred ({own})."
    else:
        words = f"Internal error ({own}). The workers’ log has the details."
    words = _storable(words)
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def _storable(words: str) -> str:
    """Words that a text column takes: without secrets, NUL and half surrogate pairs."""
    return redacted(words).replace("\0", "").encode(errors="replace").decode()
