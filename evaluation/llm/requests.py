"""What is asked of a model, in a canonical form whose hash identifies it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal, Self

from pydantic import JsonValue, TypeAdapter

KEY_VERSION = 1


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A call to a model: every field changes what may come back, so every field is part of the key.

    `replicate` tells apart calls that are meant to be repeated with the same content.
    """

    model: str
    messages: tuple[Message, ...]
    temperature: float | None = None
    max_tokens: int | None = None
    response_format: Literal["text", "json"] = "text"
    replicate: int = 1

    def as_json(self) -> dict[str, JsonValue]:
        return asdict(self) | {"messages": [asdict(message) for message in self.messages]}

    @classmethod
    def from_json(cls, stored: JsonValue) -> Self:
        """The request as stored by `as_json`. Raises pydantic.ValidationError on anything else."""
        return TypeAdapter(cls).validate_python(stored)

    def key(self, endpoint: str) -> str:
        """SHA-256 (hex) of endpoint, key version and all fields: equal requests to an endpoint have equal keys."""
        canonical = json.dumps(
            {"endpoint": endpoint, "key_version": KEY_VERSION, **self.as_json()},
            sort_keys=True,
            ensure_ascii=False,
            separators=(",", ":"),
        )
        return hashlib.sha256(canonical.encode()).hexdigest()
