"""Failures of a call, in the engine's terms: which may pass on their own, and which never will."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from evaluation.llm.replies import CallFailure

PERMANENT = {
    400: "bad_request",
    401: "authentication",
    402: "quota_exhausted",
    403: "permission",
    404: "not_found",
    413: "too_large",
    422: "unprocessable",
}
TOO_MANY_REQUESTS = 429
REQUEST_TIMEOUT = 408
CONFLICT = 409
OPENED_TOO_EARLY = 425
LONGEST_MESSAGE = 2000


def failure_of_status(status: int, message: str, headers: Mapping[str, str]) -> CallFailure:
    """The failure that an HTTP status of 400 or above stands for."""
    message = message[:LONGEST_MESSAGE]
    wait = retry_after_seconds(headers)
    if status == TOO_MANY_REQUESTS:
        return CallFailure("rate_limited", message, retryable=True, rate_limited=True, retry_after=wait)
    if status >= 500:
        return CallFailure("overloaded", message, retryable=True, retry_after=wait)
    if status in (REQUEST_TIMEOUT, CONFLICT, OPENED_TOO_EARLY):
        return CallFailure("timeout" if status == REQUEST_TIMEOUT else "conflict", message, retryable=True)
    return CallFailure(PERMANENT.get(status, f"http_{status}"), message, retryable=False)


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """The wait that a `Retry-After` header (seconds or an HTTP date) asks for; None where there is none to read."""
    stated = headers.get("retry-after", "").strip()
    if not stated:
        return None
    try:
        seconds = float(stated)
    except ValueError:
        try:
            moment = parsedate_to_datetime(stated)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - datetime.now(UTC)).total_seconds()
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def timed_out(seconds: float) -> CallFailure:
    return CallFailure("timeout", f"No complete answer within {seconds:g} s.", retryable=True)


def malformed(
    message: str, *, input_tokens: int | None = None, output_tokens: int | None = None
) -> CallFailure:
    """An answer that is not what the provider's API says it would be; the tokens that it counted are paid."""
    return CallFailure(
        "malformed",
        message[:LONGEST_MESSAGE],
        retryable=True,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
    )


def connection_failed(error: BaseException) -> CallFailure:
    """The network or the server gave up in mid-call; says the innermost cause, the outer ones are wrappers."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return CallFailure("connection", f"{type(cause).__name__}: {cause}"[:LONGEST_MESSAGE], retryable=True)


SHORTEST_SECRET = 12
"""A shorter key is no secret: one of a server of one's own, such as "none", which is found in many an answer."""


def without_key(text: str, key: str) -> str:
    """The text with the key blotted out, should a server have sent it back."""
    return text.replace(key, "***") if len(key) >= SHORTEST_SECRET else text
