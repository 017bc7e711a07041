"""Every rater's ratings as a stacked bar."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.figures.text_width import shortened, text_width
from perg.stats.raters.rater_agreement import Rater

ROW = 26
KEY_TOP = 8
KEY_ROW = 22
SWATCH = 14
BAR = 420
GAP = 10
MOST_OF_A_NAME = 260
MOST_OF_A_LEVEL = 180
SHADES = 10
MOST_LEVELS = SHADES + 1
"""Ordered levels that each have a shade of their own; more of them share the shades, and are drawn as bins."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a stacked bar; `shade` 0–10 from the lowest to the highest category."""

    x: float
    width: float
    shade: int
    text: str
    title: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """One rater's ratings as a stacked bar."""

    label: str
    y: float
    n: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class KeyPart:
    """A shade of the key with its name, which may be empty: of bins, only the ends are named."""

    name: str
    shade: int
    x: float
    y: float
    text_x: float


@dataclass(frozen=True, slots=True)
class Distributions:
    """Raters one under the other, all bars of the same length."""

    title: str
    description: str
    rows: tuple[Distribution, ...]
    key: tuple[KeyPart, ...]
    width: int
    height: int
    label_end: int
    value_start: int

    @property
    def template(self) -> str:
        """Draws it."""
        return "annotations/validation/figures/distributions.svg"


@dataclass(frozen=True, slots=True)
class _Level:
    """Neighbouring categories that are drawn as one."""

    name: str
    shade: int
    codes: range


def distributions(raters: Sequence[Rater], names: Sequence[str], *, ordered: bool = True) -> Distributions:
    """Shares of each category, named by `names`, in every rater's ratings.

    More than `MOST_LEVELS` ordered categories are drawn as that many bins.
    """
    levels = _levels(names, ordered=ordered)
    is_binned = len(levels) < len(names)
    labels = [shortened(rater.name, MOST_OF_A_NAME) for rater in raters]
    start = 2 * GAP + round(max(map(text_width, labels), default=0))
    key = _gradient(levels, names, start) if is_binned else _swatches(levels, start)
    top = max((part.y for part in key), default=KEY_TOP) + KEY_ROW + 4
    rows = []
    for i, (rater, label) in enumerate(zip(raters, labels, strict=True)):
        x, bars = float(start), []
        for level in levels:
            count = sum(rater.counts[code] for code in level.codes)
            if count == 0:
                continue
            width = BAR * count / rater.n
            share = count / rater.n
            bars.append(
                Bar(
                    round(x, 2),
                    round(width, 2),
                    level.shade,
                    level.name if width > 8 + text_width(level.name) else "",
                    f"{rater.name}: {level.name} in {count} of {rater.n} ({share:.0%})",
                )
            )
            x += width
        rows.append(Distribution(label, top + ROW * i + 3, rater.n, tuple(bars)))
    counts = max((text_width(f"n = {rater.n}") for rater in raters), default=0)
    binned = f" {len(names)} levels are drawn as {len(levels)} bins." if is_binned else ""
    return Distributions(
        title="Score distributions",
        description="Each rater's ratings as shares of a bar, from the lowest category to the highest."
        + binned,
        rows=tuple(rows),
        key=key,
        width=round(
            max(
                start + BAR + 2 * GAP + counts,
                *(part.text_x + text_width(part.name) + GAP for part in key),
                0,
            )
        ),
        height=round(top + ROW * len(rows) + GAP),
        label_end=start - GAP,
        value_start=start + BAR + GAP,
    )


def _levels(names: Sequence[str], *, ordered: bool) -> list[_Level]:
    last = max(1, len(names) - 1)
    if not ordered or len(names) <= MOST_LEVELS:
        return [
            _Level(name, round(SHADES * code / last), range(code, code + 1))
            for code, name in enumerate(names)
        ]
    levels = []
    for shade in range(MOST_LEVELS):
        first, end = len(names) * shade // MOST_LEVELS, len(names) * (shade + 1) // MOST_LEVELS
        name = names[first] if end == first + 1 else f"{names[first]}–{names[end - 1]}"
        levels.append(_Level(name, shade, range(first, end)))
    return levels


def _swatches(levels: Sequence[_Level], start: int) -> tuple[KeyPart, ...]:
    """A swatch with its name for each level, in as many rows as they need."""
    parts: list[KeyPart] = []
    x, y = float(start), float(KEY_TOP)
    for level in levels:
        name = shortened(level.name, MOST_OF_A_LEVEL)
        width = SWATCH + 6 + text_width(name) + 14
        if x > start and x + width > start + BAR + 60:
            x, y = float(start), y + KEY_ROW
        parts.append(KeyPart(name, level.shade, round(x, 2), y, round(x + SWATCH + 6, 2)))
        x += width
    return tuple(parts)


def _gradient(levels: Sequence[_Level], names: Sequence[str], start: int) -> tuple[KeyPart, ...]:
    """All shades side by side between the names of the lowest and the highest category."""
    x = start + text_width(names[0]) + 6
    ends = {
        levels[0].shade: (names[0], float(start)),
        levels[-1].shade: (names[-1], x + SWATCH * len(levels) + 6),
    }
    parts = []
    for i, level in enumerate(levels):
        name, text_x = ends.get(level.shade, ("", 0.0))
        parts.append(KeyPart(name, level.shade, round(x + SWATCH * i, 2), float(KEY_TOP), round(text_x, 2)))
    return tuple(parts)
