"""What is asked of a model, in a canonical form whose hash identifies it."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import JsonValue, TypeAdapter

KEY_VERSION = 1


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A call to a model: every field changes what may come back, so every field is part of the key.

    `response_schema` is a JSON schema as text (so that the request stays hashable), wanted where `response_format` is
    not `text`: with `tool`, the model is made to call a tool of that schema, and its arguments are the reply's text.
    `replicate` tells apart calls that are meant to be repeated with the same content.
    """

    model: str
    messages: tuple[Message, ...]
    temperature: float | None = None
    max_tokens: int | None = None
    response_format: Literal["text", "json_schema", "tool"] = "text"
    response_schema: str = ""
    replicate: int = 1

    def as_json(self) -> dict[str, JsonValue]:
        stored: dict[str, JsonValue] = {name: getattr(self, name) for name in self.__slots__}
        stored["messages"] = [{"role": message.role, "content": message.content} for message in self.messages]
        return stored

    @classmethod
    def from_json(cls, stored: JsonValue | str) -> "ChatRequest":
        """The request as stored by `as_json`, or as the text of that. Raises pydantic.ValidationError on others."""
        if isinstance(stored, str):
            return _adapter().validate_json(stored)
        return _adapter().validate_python(stored)

    def key(self, endpoint: str) -> str:
        """SHA-256 (hex) of endpoint, key version and all fields: equal requests to an endpoint have equal keys."""
        canonical = json.dumps(
            {"endpoint": endpoint, "key_version": KEY_VERSION, **self.as_json()},
            sort_keys=True,
            ensure_ascii=False,
            separators=(",", ":"),
        )
        return hashlib.sha256(canonical.encode()).hexdigest()


@cache
def _adapter() -> TypeAdapter[ChatRequest]:
    return TypeAdapter(ChatRequest)  # takes a millisecond to build
