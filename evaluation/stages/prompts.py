"""The prompts, written for this project: one file a prompt, system text and user text divided by a line of dashes.

`$name` marks where text goes in. It goes in once: what a question or a response contains is never expanded in turn.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Self

from evaluation.llm.requests import Message

FOLDER = Path(__file__).parent / "prompt_files"
DIVIDER = "\n---\n"


@dataclass(frozen=True, slots=True)
class PromptText:
    """A prompt: the system message and the user's."""

    system: str
    user: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """The prompt in the text of a file. ValueError without exactly one dividing line."""
        parts = text.split(DIVIDER)
        if len(parts) != 2:
            raise ValueError("a prompt has a system and a user part, divided by one line of three dashes")
        return cls(parts[0].strip(), parts[1].strip())

    def messages(self, **values: str) -> tuple[Message, Message]:
        """The two messages with the values in their places. KeyError for a place without a value."""
        return (
            Message("system", Template(self.system).substitute(values)),
            Message("user", Template(self.user).substitute(values)),
        )


Prompts = Mapping[str, PromptText]


@cache
def prompt_files() -> Mapping[str, str]:
    """The text of every prompt file, by name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md"))}


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def lettered(options: tuple[str, ...]) -> str:
    """The options as a model sees them, one a line: `A. …`."""
    return "\n".join(f"{chr(ord('A') + i)}. {option}" for i, option in enumerate(options))


def listed(preferences: tuple[str, ...]) -> str:
    """The preferences as a model sees them, one a line."""
    return "\n".join(f"- {preference}" for preference in preferences)
