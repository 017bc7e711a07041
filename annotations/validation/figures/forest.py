"""Estimates with their intervals, one under the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.figures.text_width import shortened, text_width
from perg.stats.base.estimate import Estimate
from perg.stats.base.number_text import number_text

ROW = 26
TOP = 34
PLOT = 380
GAP = 14
MOST_OF_A_LABEL = 320
MOST_OF_A_VALUE = 340


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One estimate as a point with a whisker, or a heading without one; x and y in SVG units.

    `tone` says how it is drawn: "plain", "best", "worse", "muted" or "reference"; `title` is why it is undefined, or
    what speaks against it.
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
class ForestNote:
    """A reason, or a warning, in full, and the rows that it belongs to."""

    rows: str
    reason: str


@dataclass(frozen=True, slots=True)
class Forest:
    """Estimates one under the other on a shared axis; `marks` are vertical lines with a name.

    `notes` say in full why rows are undefined or have the sign ⚠: a page shows them below the figure.
    """

    title: str
    description: str
    rows: tuple[ForestRow, ...]
    ticks: tuple[tuple[str, float], ...]
    marks: tuple[tuple[str, float], ...]
    notes: tuple[ForestNote, ...]
    width: int
    height: int
    top: int
    bottom: int
    label_end: int
    value_start: int

    @property
    def template(self) -> str:
        """Draws it."""
        return "annotations/validation/figures/forest.svg"


@dataclass(frozen=True, slots=True)
class Line:
    """A row to be drawn: an estimate with its label, or a heading; `warnings` are some beyond the estimate's own."""

    label: str
    estimate: Estimate | None = None
    tone: str = "plain"
    note: str = ""
    warnings: Sequence[str] = ()


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
    """A forest plot of the lines in their order, a tick each `step`; whiskers are cut at the ends of the axis.

    The columns of labels and values are as wide as their texts; longer ones than a bound end with an ellipsis.
    """
    low, high = axis
    labels = [shortened(line.label, MOST_OF_A_LABEL, bold=line.estimate is None) for line in lines]
    texts = [
        shortened(_value_text(line, percent=percent), MOST_OF_A_VALUE, bold=_is_bold(line)) for line in lines
    ]
    # A heading may run on above the plot.
    start = 2 * GAP + max(
        (text_width(label) for label, line in zip(labels, lines, strict=True) if line.estimate is not None),
        default=0,
    )
    start = max(start, 100)

    def place(value: float | None) -> float | None:
        if value is None:
            return None
        return round(start + PLOT * (min(max(value, low), high) - low) / (high - low), 2)

    rows = []
    for i, (line, label, text) in enumerate(zip(lines, labels, texts, strict=True)):
        y = TOP + ROW * (i + 0.5)
        estimate = line.estimate
        if estimate is None:
            rows.append(ForestRow(label, text, y, heading=True))
            continue
        rows.append(
            ForestRow(
                label,
                text,
                y,
                place(estimate.value),
                place(estimate.low),
                place(estimate.high),
                line.tone,
                title=_reason(line),
            )
        )
    bottom = TOP + ROW * len(rows)
    ticks = [low + step * tick for tick in range(round((high - low) / step) + 1)]
    values = max(
        (text_width(text, bold=_is_bold(line)) for text, line in zip(texts, lines, strict=True)), default=0
    )
    return Forest(
        title=title,
        description=description,
        rows=tuple(rows),
        ticks=tuple(
            (f"{100 * tick:g}%" if percent else f"{tick:g}".replace("-", "−"), place(tick) or 0.0)
            for tick in ticks
        ),
        marks=tuple((name, place(value) or 0.0) for name, value in marks),
        notes=_notes(lines),
        width=round(start + PLOT + 2 * GAP + max(values, 20)),
        height=bottom + 30,
        top=TOP,
        bottom=bottom,
        label_end=round(start - GAP),
        value_start=round(start + PLOT + GAP),
    )


def _is_bold(line: Line) -> bool:
    return line.estimate is None or line.tone == "worse"


def _reason(line: Line) -> str:
    """Why the line's estimate is undefined, or all that speaks against it, each sentence once."""
    if line.estimate is None:
        return ""
    return line.estimate.undefined or " ".join(dict.fromkeys([*line.estimate.warnings, *line.warnings]))


def _value_text(line: Line, *, percent: bool) -> str:
    """What stands beside the plot: the number, its interval and n, or that there is none."""
    estimate = line.estimate
    if estimate is None:
        return line.note

    def shown(value: float) -> str:
        return number_text(value, 1 if percent else 2, percent=percent)

    if estimate.value is None:
        text = f"undefined: {estimate.undefined}"
    else:
        text = shown(estimate.value)
        if estimate.low is not None and estimate.high is not None:
            text += f" [{shown(estimate.low)}, {shown(estimate.high)}]"
        text += f" n = {estimate.n}" + (" ⚠" if estimate.warnings else "")
    # A row has one sign, however many things speak against it.
    note = "" if line.note == "⚠" and "⚠" in text else line.note
    return f"{text} {note}" if note else text


def _notes(lines: Sequence[Line]) -> tuple[ForestNote, ...]:
    """Every reason once, with the rows that it belongs to, each named with the heading above it."""
    rows: dict[str, list[str]] = {}
    heading = ""
    for line in lines:
        if line.estimate is None:
            heading = line.label
        elif reason := _reason(line):
            rows.setdefault(reason, []).append(f"{heading}: {line.label}" if heading else line.label)
    return tuple(ForestNote("; ".join(names), reason) for reason, names in rows.items())
