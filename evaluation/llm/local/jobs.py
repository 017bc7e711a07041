"""What is generated: a prompt's tokens with limits, and the tokens that came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Job:
    """`limit` is of the answer's tokens, the stop token included; a temperature of 0 is greedy."""

    tokens: Sequence[int]
    limit: int
    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Generated:
    """`tokens` are those generated, the stop token included, without padding; `stopped`: there is a stop token."""

    tokens: tuple[int, ...]
    stopped: bool

    @classmethod
    def cut(cls, tokens: Sequence[int], limit: int, stop_tokens: frozenset[int]) -> Self:
        """Of what a row holds, the part up to its stop token or its limit."""
        first = tuple(tokens[:limit])
        for place, token in enumerate(first):
            if token in stop_tokens:
                return cls(first[: place + 1], stopped=True)
        return cls(first, stopped=False)
