"""What one part of a reply states."""

from dataclasses import dataclass

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Statement:
    """A value that may be no answer; None for a judge that gives none."""

    value: JsonValue
    explanation: str = ""
