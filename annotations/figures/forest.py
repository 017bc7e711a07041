"""Estimates with their intervals, one under the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.statistics.estimate import EstimateDict

ROW = 26
TOP = 34
LABELS = 300
PLOT = 380
VALUES = 250


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One estimate as a point with a whisker, or a heading without one; x and y in SVG units.

    `tone` says how it is drawn: "plain", "best", "worse", "muted" or "reference"; `title` is why it is undefined.
    """

    label: str
    text: str
    y: float
    x: float | None = None
    x_low: float | None = None
    x_high: float | None = None
    tone: str = "plain"
    heading: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class Forest:
    """Estimates one under the other on a shared axis; `marks` are vertical lines with a name."""

    title: str
    description: str
    rows: tuple[ForestRow, ...]
    ticks: tuple[tuple[str, float], ...]
    marks: tuple[tuple[str, float], ...]
    width: int
    height: int
    top: int
    bottom: int
    label_end: int
    value_start: int

    @property
    def template(self) -> str:
        """Draws it."""
        return "annotations/figures/forest.svg"


@dataclass(frozen=True, slots=True)
class Line:
    """A row to be drawn: an estimate with its label, or a heading."""

    label: str
    estimate: EstimateDict | None = None
    tone: str = "plain"
    note: str = ""


def forest(
    title: str,
    description: str,
    lines: Sequence[Line],
    *,
    axis: tuple[float, float] = (0.0, 1.0),
    step: float = 0.25,
    marks: Sequence[tuple[str, float]] = (),
    percent: bool = False,
) -> Forest:
    """A forest plot of the lines in their order, a tick each `step`; whiskers are cut at the ends of the axis."""
    low, high = axis

    def place(value: float | None) -> float | None:
        if value is None:
            return None
        return round(LABELS + PLOT * (min(max(value, low), high) - low) / (high - low), 2)

    def shown(value: float) -> str:
        return f"{value:.1%}" if percent else f"{value:.2f}"

    rows = []
    for i, line in enumerate(lines):
        y = TOP + ROW * (i + 0.5)
        found = line.estimate
        if found is None:
            rows.append(ForestRow(line.label, line.note, y, heading=True))
            continue
        text = "undefined"
        if found["value"] is not None:
            text = shown(found["value"])
            if found["low"] is not None and found["high"] is not None:
                text += f" [{shown(found['low'])}, {shown(found['high'])}]"
            text += f" n = {found['n']}" + (" ⚠" if found.get("warnings") else "")
        rows.append(
            ForestRow(
                line.label,
                f"{text}{line.note and ' ' + line.note}",
                y,
                place(found["value"]),
                place(found["low"]),
                place(found["high"]),
                line.tone,
                title=found["undefined"] or " ".join(found.get("warnings", ())),
            )
        )
    bottom = TOP + ROW * len(rows)
    ticks = [low + step * tick for tick in range(round((high - low) / step) + 1)]
    return Forest(
        title=title,
        description=description,
        rows=tuple(rows),
        ticks=tuple((f"{tick:.0%}" if percent else f"{tick:g}", place(tick) or 0.0) for tick in ticks),
        marks=tuple((name, place(value) or 0.0) for name, value in marks),
        width=LABELS + PLOT + VALUES,
        height=bottom + 30,
        top=TOP,
        bottom=bottom,
        label_end=LABELS - 14,
        value_start=LABELS + PLOT + 14,
    )
