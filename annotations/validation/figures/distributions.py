"""Every rater's ratings as a stacked bar."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.figures.drawing import Box, Figure, Mark, Words
from core.figures.text_width import shortened, text_width
from perg.stats.raters.rater_agreement import Rater

ROW = 26
KEY_TOP = 8
KEY_ROW = 22
SWATCH = 14
BAR = 420
BAR_HEIGHT = 20
GAP = 10
MOST_OF_A_NAME = 260
MOST_OF_A_LEVEL = 180
SHADES = 10
MOST_LEVELS = SHADES + 1
"""Ordered levels that each have a shade of their own; more of them share the shades, and are drawn as bins."""


@dataclass(frozen=True, slots=True)
class _Level:
    """Neighbouring categories that are drawn as one."""

    name: str
    shade: int
    codes: range


def distributions(raters: Sequence[Rater], names: Sequence[str], *, ordered: bool = True) -> Figure:
    """Shares of each category, named by `names`, in every rater's ratings, as stacked bars of the same length.

    More than `MOST_LEVELS` ordered categories are drawn as that many bins.
    """
    levels = _levels(names, ordered=ordered)
    is_binned = len(levels) < len(names)
    labels = [shortened(rater.name, MOST_OF_A_NAME) for rater in raters]
    start = 2 * GAP + round(max(map(text_width, labels), default=0))
    key = _gradient(levels, names, start) if is_binned else _swatches(levels, start)
    top = max((mark.y for mark in key if isinstance(mark, Box)), default=KEY_TOP) + KEY_ROW + 4
    marks: list[Mark] = [*key]
    for i, (rater, label) in enumerate(zip(raters, labels, strict=True)):
        y = top + ROW * i + 3
        marks.append(Words(start - GAP, y + 14, label, "end"))
        marks += _bars(rater, levels, float(start), y)
        marks.append(Words(start + BAR + GAP, y + 14, f"n = {rater.n}", kind="axis"))
    counts = max((text_width(f"n = {rater.n}") for rater in raters), default=0)
    ends = [mark.x + text_width(mark.text) + GAP for mark in key if isinstance(mark, Words)]
    binned = f" {len(names)} levels are drawn as {len(levels)} bins." if is_binned else ""
    return Figure(
        name="distributions",
        title="Score distributions",
        description="Each rater's ratings as shares of a bar, from the lowest category to the highest."
        + binned,
        width=round(max(start + BAR + 2 * GAP + counts, *ends, 0)),
        height=round(top + ROW * len(raters) + GAP),
        marks=tuple(marks),
        is_fixed=True,
    )


def _bars(rater: Rater, levels: Sequence[_Level], x: float, y: float) -> Iterator[Box]:
    """The parts of one rater's bar; a part that is too short for its name has it in its title alone."""
    for level in levels:
        count = sum(rater.counts[code] for code in level.codes)
        if count == 0:
            continue
        width = BAR * count / rater.n
        name = Words(round(x + 5, 2), y + 14, level.name) if width > 8 + text_width(level.name) else None
        title = f"{rater.name}: {level.name} in {count} of {rater.n} ({count / rater.n:.0%})"
        yield Box(round(x, 2), y, round(width, 2), BAR_HEIGHT, str(level.shade), title, name)
        x += width


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


def _swatches(levels: Sequence[_Level], start: int) -> list[Box | Words]:
    """A swatch with its name for each level, in as many rows as they need."""
    marks: list[Box | Words] = []
    x, y = float(start), float(KEY_TOP)
    for level in levels:
        name = shortened(level.name, MOST_OF_A_LEVEL)
        width = SWATCH + 6 + text_width(name) + 14
        if x > start and x + width > start + BAR + 60:
            x, y = float(start), y + KEY_ROW
        marks.append(Box(round(x, 2), y, SWATCH, SWATCH, str(level.shade)))
        marks.append(Words(round(x + SWATCH + 6, 2), y + 12, name, kind="axis"))
        x += width
    return marks


def _gradient(levels: Sequence[_Level], names: Sequence[str], start: int) -> list[Box | Words]:
    """All shades side by side between the names of the lowest and the highest category."""
    x, y = start + text_width(names[0]) + 6, float(KEY_TOP)
    end = x + SWATCH * len(levels) + 6
    shades = [
        Box(round(x + SWATCH * i, 2), y, SWATCH, SWATCH, str(level.shade)) for i, level in enumerate(levels)
    ]
    low, high = (
        Words(round(at, 2), y + 12, name, kind="axis") for at, name in ((start, names[0]), (end, names[-1]))
    )
    return [low, *shades, high]
