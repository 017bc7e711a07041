"""What the dataset card of a table says beside its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of a card: its name and its value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card tells beside the rows themselves; every list is a section, left out where it is empty.

    `limits` are what a user of the data must know and would not see in it.
    """

    title: str
    description: str
    raters: str
    licence: str = ""
    tags: Sequence[str] = ()
    content: Sequence[Fact] = ()
    origin: Sequence[Fact] = ()
    people: Sequence[Fact] = ()
    agreement: Sequence[Fact] = ()
    rubric: str = ""
    limits: Sequence[str] = ()
    filters: Mapping[str, Any] = field(default_factory=dict)
