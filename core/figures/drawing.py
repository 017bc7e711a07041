"""What figures are made of. x runs to the right and y down, in the units of SVG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

TONES = ("a", "b", "c", "d", "e")
"""Series differ in tone and in the shape that goes with it, never in colour alone."""

SHAPES: Mapping[str, str] = {
    "a": "circle",
    "b": "diamond",
    "c": "square",
    "d": "triangle",
    "e": "cross",
    "plain": "circle",
    "best": "circle",
    "worse": "diamond",
    "muted": "circle",
    "reference": "square",
}
"""By tone: those of series, and those that judge a value."""
SIZE = 5.0
LIMITS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)

Anchor = Literal["start", "middle", "end"]
Weight = Literal["plain", "axis", "heading", "none", "worse"]


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line: of the grid, of an axis's mark, or a whisker in a tone."""

    x1: float
    y1: float
    x2: float
    y2: float
    kind: Literal["grid", "mark", "whisker"] = "grid"
    tone: str = "a"

    shape = "line"


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text; `anchor` says which end of it x is."""

    x: float
    y: float
    text: str
    anchor: Anchor = "start"
    kind: Weight = "plain"
    title: str = ""

    shape = "words"


@dataclass(frozen=True, slots=True)
class Point:
    """A value; `title` says all of it in words."""

    x: float
    y: float
    tone: str
    title: str

    @property
    def shape(self) -> str:
        return SHAPES[self.tone]

    @property
    def path(self) -> tuple[tuple[float, float], ...]:
        """The corners of a shape that has some."""
        x, y, r = self.x, self.y, SIZE
        return {
            "diamond": ((x, y - r * 1.3), (x + r * 1.3, y), (x, y + r * 1.3), (x - r * 1.3, y)),
            "square": ((x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)),
            "triangle": ((x, y - r * 1.2), (x + r * 1.2, y + r), (x - r * 1.2, y + r)),
            "cross": tuple(
                (x + r * dx, y + r * dy)
                for dx, dy in (
                    (-0.4, -1.2), (0.4, -1.2), (0.4, -0.4), (1.2, -0.4), (1.2, 0.4), (0.4, 0.4),
                    (0.4, 1.2), (-0.4, 1.2), (-0.4, 0.4), (-1.2, 0.4), (-1.2, -0.4), (-0.4, -0.4),
                )
            ),
        }.get(self.shape, ())  # fmt: skip

    @property
    def points(self) -> str:
        """The corners as SVG wants them."""
        return " ".join(f"{x:.2f},{y:.2f}" for x, y in self.path)


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle, `words` in it or none; `fill` is a shade from 0 to 10, "below" zero or "none"."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    title: str = ""
    words: Words | None = None

    shape = "box"


Mark = Line | Words | Point | Box


@dataclass(frozen=True, slots=True)
class Note:
    """Why rows of a figure have no number, or what speaks against theirs, in full."""

    rows: str
    reason: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing, and the numbers that it is made of: `records` all have the keys `columns`.

    A fixed one is never drawn smaller: its columns are as wide as their texts. A page shows the notes below it.
    """

    name: str
    title: str
    description: str
    width: float
    height: float
    marks: tuple[Mark, ...]
    caption: str = ""
    columns: tuple[str, ...] = ()
    records: tuple[Mapping[str, object], ...] = ()
    left_out: int = 0
    notes: tuple[Note, ...] = ()
    is_fixed: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.records


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight axis from `low` to `high`, drawn from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value lies; what is off the axis lies at its end."""
        inside = min(max(value, self.low), self.high)
        return round(self.start + (self.end - self.start) * (inside - self.low) / (self.high - self.low), 2)

    def ticks(self, count: int = 4) -> list[tuple[float, str]]:
        """Places and labels of `count` + 1 ticks."""
        values = [self.low + (self.high - self.low) * i / count for i in range(count + 1)]
        return [(self.at(value), _tick(value)) for value in values]


def _tick(value: float) -> str:
    """A tick's label: as many digits as tell it from its neighbours, without an exponent."""
    label = f"{value:,.6f}".rstrip("0").rstrip(".")
    return (label if label not in {"", "-0"} else "0").replace("-", "−")


def limit_for(values: Sequence[float]) -> float:
    """The round number that the axis runs to, so that the largest value fits."""
    most = max((abs(value) for value in values), default=1.0)
    return next((limit for limit in LIMITS if most <= limit), 1.0)


def nice_limit(values: Sequence[float]) -> float:
    """The same for amounts without an upper end: 1, 2 or 5 times a power of ten."""
    most = max(values, default=1.0) or 1.0
    power = 10.0 ** len(str(int(most))) if most >= 1 else 1.0
    while power / 10 >= most:
        power /= 10
    return next(power * part for part in (0.1, 0.2, 0.5, 1.0) if power * part >= most - 1e-12)


def shortened(text: str, length: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= length else text[: length - 1] + "…"
