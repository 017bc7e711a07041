"""What comes back from a model, or why nothing did."""

from dataclasses import dataclass

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer; token counts are None where the provider gives none."""

    text: str
    raw: JsonValue = None
    input_tokens: int | None = None
    output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model, or its content filter, declined to answer: an outcome of its own, never retried."""

    text: str
    raw: JsonValue = None


@dataclass(frozen=True, slots=True)
class CallFailure:
    """No answer. `code` is for programs (`timeout`, `bad_request`, …); `retryable`: it may pass on its own."""

    code: str
    message: str
    retryable: bool


Outcome = Reply | Refusal | CallFailure
