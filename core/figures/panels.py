"""Metrics side by side: rows under headings, a panel for each metric, a point with its interval in each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from core.figures.drawing import TONES, Figure, Line, Mark, Point, Scale, Words, limit_for, shortened
from core.figures.scatter import in_words
from perg.stats.base.estimate import Estimate

LABELS, PANEL, GAP, TOP, ROW, HEADING = 260, 180, 44, 44, 22, 26
MOST_ROWS = 80
"""A figure of more rows is no figure any more; the rest is left out, and counted."""


@dataclass(frozen=True, slots=True)
class PanelRow:
    """A line of the figure: estimates by panel, None where a panel has nothing to say of it."""

    heading: str
    label: str
    estimates: Mapping[str, Estimate | None]
    facts: Mapping[str, object]
    tone: str = TONES[0]


def panels(
    name: str,
    title: str,
    description: str,
    caption: str,
    rows: Sequence[PanelRow],
    names: Mapping[str, str],
    *,
    is_difference: bool = False,
) -> Figure:
    """Rows in their order, under their headings; `names` are the panels' keys and titles.

    Differences have their 0 in the middle of the panel.
    """
    shown = rows[:MOST_ROWS]
    scales = _scales(shown, list(names), is_difference=is_difference)
    marks: list[Mark] = []
    y = float(TOP)
    for heading, group in groupby(shown, key=lambda row: row.heading):
        marks.append(Words(4, y + 16, shortened(heading, 60), kind="heading"))
        y += HEADING
        for row in group:
            marks.append(
                Words(LABELS - 12, y + ROW / 2 + 4, shortened(row.label, 34), "end", title=row.label)
            )
            for key, scale in scales.items():
                marks += _estimate(row, key, names[key], scale, y + ROW / 2)
            y += ROW
    frame: list[Mark] = []
    for key, scale in scales.items():
        frame.append(Words(scale.start, 16, names[key], kind="heading"))
        for place, label in scale.ticks(2):
            frame.append(Line(place, TOP - 8, place, y, "mark" if is_difference and label == "0" else "grid"))
            frame.append(Words(place, y + 18, label, "middle", "axis"))
    return Figure(
        name=name,
        title=title,
        description=description,
        caption=caption,
        width=LABELS + (PANEL + GAP) * len(names) + 14,
        height=y + 30,
        marks=(*frame, *marks) if shown else (),
        columns=_columns(shown, list(names)),
        records=tuple(_record(row, list(names)) for row in rows),
        left_out=len(rows) - len(shown),
    )


def _scales(rows: Sequence[PanelRow], keys: Sequence[str], *, is_difference: bool) -> dict[str, Scale]:
    """All panels have the same axis, so that lengths can be compared."""
    ends = [
        abs(end)
        for row in rows
        for key in keys
        if (estimate := row.estimates.get(key)) is not None
        for end in (estimate.value, estimate.low, estimate.high)
        if end is not None
    ]
    limit = limit_for(ends)
    return {
        key: Scale(
            -limit if is_difference else 0.0,
            limit,
            LABELS + (PANEL + GAP) * i,
            LABELS + (PANEL + GAP) * i + PANEL,
        )
        for i, key in enumerate(keys)
    }


def _estimate(row: PanelRow, key: str, name: str, scale: Scale, y: float) -> list[Mark]:
    estimate = row.estimates.get(key)
    if estimate is None:
        return []
    if estimate.value is None:
        why = f"{row.label}, {name}: {in_words(estimate)}"
        return [Words(scale.start + 2, y + 4, "undefined", kind="none", title=why)]
    marks: list[Mark] = []
    if estimate.low is not None and estimate.high is not None:
        marks.append(Line(scale.at(estimate.low), y, scale.at(estimate.high), y, "whisker", row.tone))
    title = f"{row.heading}, {row.label}, {name}: {in_words(estimate)}"
    return [*marks, Point(scale.at(estimate.value), y, row.tone, title)]


PARTS = ("value", "low", "high", "n", "undefined")


def _columns(rows: Sequence[PanelRow], keys: Sequence[str]) -> tuple[str, ...]:
    facts = rows[0].facts if rows else ()
    return (*facts, *(key if part == "value" else f"{key}_{part}" for key in keys for part in PARTS))


def _record(row: PanelRow, keys: Sequence[str]) -> dict[str, object]:
    record = dict(row.facts)
    for key in keys:
        estimate = row.estimates.get(key)
        for part in PARTS:
            record[key if part == "value" else f"{key}_{part}"] = (
                None if estimate is None else getattr(estimate, part)
            )
    return record
