"""What every format is read into: items, what a rater sees of them, and the ratings that they have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import TypeAdapter

BlockKind = Literal["text", "markdown", "code", "json", "chat", "trace"]
RaterKind = Literal["person", "judge"]


@dataclass(frozen=True, slots=True)
class Block:
    """A part of an exhibit: a text (`text`, `markdown`, `code`), or what JSON nests (`json`, `chat`, `trace`).

    A chat is a list of turns, a trace a list of steps; each is an object as its file has it.
    """

    kind: BlockKind
    content: object
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What a rater sees: the context, one or two outputs, and a reference if there is one."""

    context: tuple[Block, ...] = ()
    outputs: tuple[tuple[Block, ...], ...] = ()
    reference: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Rating:
    """One answer of one rater, as the file has it.

    Attributes:
        criterion: the key of the question that was answered.
        answer: a text, number, truth value, or list of labels.
        swapped: whether the two outputs were shown in the other order, which is undone when answers are read.
        place: line or row of the file; None in a file without lines. row: the number of the data row, from 1.
    """

    rater: str
    kind: RaterKind
    criterion: str
    answer: object
    explanation: str = ""
    swapped: bool = False
    place: int | None = None
    row: int = 0


@dataclass(slots=True)
class RatedItem:
    """One thing to be rated, under the id that its owner knows, with the ratings that it has.

    `cluster` is the unit of resampling: what it shares with other items; empty: nothing. `row` and `place`: where the
    file has it first.
    """

    external_id: str
    exhibit: Exhibit
    attributes: Mapping[str, str] = field(default_factory=dict)
    cluster: str = ""
    ratings: list[Rating] = field(default_factory=list)
    place: int | None = None
    row: int = 0


_EXHIBITS = TypeAdapter(Exhibit)


def dump_exhibit(exhibit: Exhibit) -> Any:
    """The exhibit as JSON-ready values."""
    return _EXHIBITS.dump_python(exhibit, mode="json")


def load_exhibit(stored: object) -> Exhibit:
    """The exhibit that was dumped; of an empty object, an empty one. Raises pydantic.ValidationError."""
    return _EXHIBITS.validate_python(stored)


SHORT = 160


def beginning_of(stored: object) -> str:
    """The first words of a dumped exhibit in one line, those of its context first; empty if it has no texts."""
    exhibit = load_exhibit(stored)
    for block in (*exhibit.context, *(block for output in exhibit.outputs for block in output)):
        words = " ".join(_words(block.content).split())
        if words:
            return words if len(words) <= SHORT else f"{words[:SHORT]}…"
    return ""


def _words(content: object) -> str:
    """The first text in a block, whatever it nests; at most a little more than is shown of it."""
    waiting = [content]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str) and part.strip():
            return part.strip()[: 4 * SHORT]
        if isinstance(part, dict):
            # The role of a turn is no words of it.
            spoken = part.get("content", part.get("value", part.get("text")))
            waiting.extend([spoken] if spoken else list(part.values())[::-1])
        elif isinstance(part, list):
            waiting.extend(part[::-1])
    return ""
