"""Failures of a call, in the engine's terms: which may pass on their own, and which never will."""

import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from core.secrets.redaction import redacted, without_secret
from evaluation.llm.replies import CallFailure
from evaluation.llm.server_answers import ServerError, Unreadable, decoded, server_error

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
LONGEST_WAIT = 3600.0
"""Seconds. A server that asks for a longer wait is asked again after this one: many that do mean something else."""

OUT_OF_QUOTA = (
    "insufficient_quota",
    "quota_exhausted",
    "billing_hard_limit_reached",
    "billing_not_active",
    "insufficient_balance",
    "insufficient_credits",
    "payment_required",
)
OUT_OF_QUOTA_WORDS = (
    "used up your quota",
    "used up your credit",
    "insufficient quota",
    "insufficient balance",
    "insufficient credit",
    "insufficient funds",
    "credit balance is too low",
    "out of credits",
    "no credits left",
)
RATE_LIMITED = ("rate_limit", "rate-limit", "too_many_requests", "resource_exhausted", "throttl")
OVERLOADED = ("overloaded", "server_error", "internal", "unavailable", "api_error", "bad_gateway")
CONTENT_FILTERED = ("content_filter", "content_policy_violation", "responsibleaipolicyviolation")


def failure_of_answer(
    status: int, body: bytes, headers: Mapping[str, str], *, otherwise: str = ""
) -> CallFailure:
    """The failure that an answer with an HTTP status of 400 or above stands for, in the server's own words.

    `otherwise` is used where the body has none.
    """
    try:
        error = server_error(decoded(body))
    except Unreadable:
        error = ServerError(body.decode(errors="replace").strip(), None, frozenset())
    return _failure(status, error, headers, otherwise or f"HTTP status {status}")


def failure_in_reply(error: ServerError, headers: Mapping[str, str]) -> CallFailure:
    """The failure that is described inside an answer with HTTP status 200."""
    status = error.status
    if status is None and any(word in code for code in error.codes for word in RATE_LIMITED):
        status = TOO_MANY_REQUESTS
    if status is None and any(word in code for code in error.codes for word in OVERLOADED):
        status = 500
    return _failure(status, error, headers, "The server answered with an error.")


def _failure(
    status: int | None, error: ServerError, headers: Mapping[str, str], otherwise: str
) -> CallFailure:
    message = redacted(error.message[: 2 * LONGEST_MESSAGE] or otherwise)[:LONGEST_MESSAGE]
    wait = retry_after_seconds(headers)
    if _is_out_of_quota(error):  # often a 429, but no pause will help: somebody has to pay
        return CallFailure("quota_exhausted", message, retryable=False)
    if error.codes.intersection(CONTENT_FILTERED):
        return CallFailure("content_filter", message, retryable=False)
    if status is None:
        return CallFailure("server_error", message, retryable=False)
    if status == TOO_MANY_REQUESTS:
        return CallFailure("rate_limited", message, retryable=True, rate_limited=True, retry_after=wait)
    if status >= 500:
        return CallFailure("overloaded", message, retryable=True, retry_after=wait)
    if status in (REQUEST_TIMEOUT, CONFLICT, OPENED_TOO_EARLY):
        return CallFailure("timeout" if status == REQUEST_TIMEOUT else "conflict", message, retryable=True)
    return CallFailure(PERMANENT.get(status, f"http_{status}"), message, retryable=False)


def _is_out_of_quota(error: ServerError) -> bool:
    """Whether nothing but money helps. A quota for a minute or a day, which comes back by itself, is not meant."""
    if error.codes.intersection(OUT_OF_QUOTA):
        return True
    if any(word in code for code in error.codes for word in RATE_LIMITED):
        return False
    words = error.message.lower()
    return any(phrase in words for phrase in OUT_OF_QUOTA_WORDS)


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """The wait that the headers ask for, at most `LONGEST_WAIT`; None where there is none to read.

    `retry-after-ms` counts milliseconds. `Retry-After` is in seconds or an HTTP date; a number that is a moment of
    this age, in seconds or milliseconds since 1970, is taken for that moment.
    """
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        if (stated := headers.get(name, "").strip()) and (wait := _wait(stated, unit)) is not None:
            return min(max(wait, 0.0), LONGEST_WAIT)
    return None


def _wait(stated: str, unit: float) -> float | None:
    """Seconds to wait, below 0 for a moment that has passed."""
    try:
        number = float(stated)
    except ValueError:
        return _until(stated)
    if not math.isfinite(number):
        return None
    now = time.time()
    for moment in (number, number / 1000):
        if abs(moment - now) < 366 * 24 * 3600:
            return moment - now
    return number / unit


def _until(date: str) -> float | None:
    """Seconds until an HTTP date; None for what is none."""
    try:
        moment = parsedate_to_datetime(date)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None


def timed_out(seconds: float) -> CallFailure:
    """No complete answer came in time."""
    message = f"No complete answer within {seconds:g} s."
    return CallFailure("timeout", message, retryable=True, may_be_billed=True)


def malformed(
    message: str, *, input_tokens: int | None = None, output_tokens: int | None = None
) -> CallFailure:
    """An answer that is not what the provider's API says it would be; the tokens that it counted are paid."""
    return CallFailure(
        "malformed",
        redacted(message)[:LONGEST_MESSAGE],
        retryable=True,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        may_be_billed=True,
    )


def reply_too_large(status: int, most_bytes: int) -> CallFailure:
    """The rest of an answer of more than `most_bytes` was not read. Asked again, the server would send as much."""
    most = f"{most_bytes / 2**20:g} MiB"
    message = (
        f"The server answered (HTTP status {status}) with more than {most}, which is the most that is read."
    )
    return CallFailure("reply_too_large", message, retryable=False, may_be_billed=status < 400)


def too_many_values(most: int) -> CallFailure:
    """Small as text, large in memory."""
    message = f"The server's answer is JSON of more than {most:,} values, which is the most that is read."
    return CallFailure("reply_too_large", message, retryable=False, may_be_billed=True)


def no_http(what: str) -> CallFailure:
    """The server does not speak HTTP, or in headers without end."""
    message = f"The server's answer is not valid HTTP: {' '.join(what.split())}"
    return CallFailure("malformed", message[:LONGEST_MESSAGE], retryable=False)


def unknown_encoding(name: str) -> CallFailure:
    """An answer that is compressed in a way that the request did not allow."""
    message = f"The server compressed its answer as “{name[:100]}”, which the request did not allow."
    return CallFailure("unknown_encoding", message, retryable=False, may_be_billed=True)


def redirected(status: int, host: str | None) -> CallFailure:
    """An answer that sends the request elsewhere. A key is for the host that the endpoint names, and for no other."""
    target = f"to {host[:300]}" if host else "without saying where to"
    message = f"The server redirects (HTTP status {status}) {target}. Redirects are not followed."
    return CallFailure("redirect", message, retryable=False)


def connection_failed(error: BaseException, *, had_begun: bool = True) -> CallFailure:
    """The network or the server gave up, in mid-call where it `had_begun`; says the innermost cause."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    words = redacted(f"{type(cause).__name__}: {cause}")
    return CallFailure("connection", words[:LONGEST_MESSAGE], retryable=True, may_be_billed=had_begun)


def without_key(content: bytes, key: str) -> bytes:
    """A body without the key, in case a server has sent it back."""
    return without_secret(content, key)
