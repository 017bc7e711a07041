"""What comes back from a model, or why nothing did."""

from dataclasses import dataclass

from pydantic import JsonValue

MOST_REPLY_BYTES = 4 * 1024 * 1024
"""Read of an answer, unpacked. The longest replies of today's models have less than 1 MiB, reasoning included."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer; token counts are None where the provider gives none.

    `reasoning` is what a thinking model wrote before its answer, kept apart from `text`. `cut_off`: the answer ended
    at the limit of tokens.
    """

    text: str
    raw: JsonValue = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning: str = ""
    cut_off: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model, or its content filter, declined to answer: an outcome of its own, never retried."""

    text: str
    raw: JsonValue = None
    input_tokens: int | None = None
    output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class CallFailure:
    """No answer. `code` is for programs (`timeout`, `bad_request`, …); `retryable`: it may pass on its own.

    `rate_limited`: the provider asked for fewer calls (HTTP 429); `retry_after` is the seconds that it asked to wait.
    Tokens are known where the provider counted an answer that could not be used: they are paid for all the same.
    `may_be_billed`: the provider may have answered, and nobody knows with how many tokens.
    """

    code: str
    message: str
    retryable: bool
    rate_limited: bool = False
    retry_after: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    may_be_billed: bool = False


Outcome = Reply | Refusal | CallFailure


def storable(text: str) -> str:
    """The text without what PostgreSQL cannot store: NUL, and halves of characters such as a cut emoji."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()
