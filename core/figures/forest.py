"""Estimates with their intervals, one under the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.figures.drawing import Figure, Line, Mark, Note, Point, Scale, Weight, Words
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
    """An estimate with its label, or a heading without one; `warnings` are some beyond the estimate's own.

    `tone` says how it is drawn: "plain", "best", "worse", "muted" or "reference".
    """

    label: str
    estimate: Estimate | None = None
    tone: str = "plain"
    note: str = ""
    warnings: Sequence[str] = ()

    @property
    def is_bold(self) -> bool:
        return self.estimate is None or self.tone == "worse"

    @property
    def reason(self) -> str:
        """Why the estimate is undefined, or all that speaks against it, each sentence once."""
        if self.estimate is None:
            return ""
        return self.estimate.undefined or " ".join(dict.fromkeys([*self.estimate.warnings, *self.warnings]))

    def value(self, *, digits: int, percent: bool) -> str:
        """What stands beside the plot: the number, its interval and n, or that there is none."""
        estimate = self.estimate
        if estimate is None:
            return self.note

        def shown(number: float) -> str:
            return number_text(number, digits, percent=percent)

        if estimate.value is None:
            text = f"undefined: {estimate.undefined}"
        else:
            text = shown(estimate.value)
            if estimate.low is not None and estimate.high is not None:
                text += f" [{shown(estimate.low)}, {shown(estimate.high)}]"
            text += f" n = {estimate.n}" + (" ⚠" if estimate.warnings else "")
        # A row has one sign, however many things speak against it.
        note = "" if self.note == "⚠" and "⚠" in text else self.note
        return f"{text} {note}" if note else text


def forest(
    title: str,
    description: str,
    rows: Sequence[ForestRow],
    *,
    axis: tuple[float, float] = (0.0, 1.0),
    step: float = 0.25,
    marks: Sequence[tuple[str, float]] = (),
    percent: bool = False,
    digits: int | None = None,
) -> Figure:
    """A forest plot of the rows in their order, a tick each `step`; whiskers are cut at the ends of the axis.

    `marks` are vertical lines with a name. The columns of labels and values are as wide as their texts; longer ones
    than a bound end with an ellipsis.
    """
    digits = digits if digits is not None else 1 if percent else 2
    labels = [shortened(row.label, MOST_OF_A_LABEL, bold=row.estimate is None) for row in rows]
    values = [
        shortened(row.value(digits=digits, percent=percent), MOST_OF_A_VALUE, bold=row.is_bold)
        for row in rows
    ]
    # A heading may run on above the plot.
    widths = [text_width(label) for label, row in zip(labels, rows, strict=True) if row.estimate is not None]
    start = max(100, 2 * GAP + max(widths, default=0))
    scale = Scale(*axis, start, start + PLOT)
    bottom = TOP + ROW * len(rows)
    drawn: list[Mark] = []
    for tick in (axis[0] + step * number for number in range(round((axis[1] - axis[0]) / step) + 1)):
        label = f"{100 * tick:g}%" if percent else f"{tick:g}".replace("-", "−")
        drawn.append(Line(scale.at(tick), TOP, scale.at(tick), bottom))
        drawn.append(Words(scale.at(tick), bottom + 18, label, "middle", "axis"))
    for name, place in marks:
        drawn.append(Line(scale.at(place), TOP - 6, scale.at(place), bottom, "mark"))
        drawn.append(Words(scale.at(place), TOP - 12, name, "middle", "axis"))
    for number, (row, label, value) in enumerate(zip(rows, labels, values, strict=True)):
        drawn += _row(row, label, value, scale, TOP + ROW * (number + 0.5))
    most = max(
        (text_width(value, bold=row.is_bold) for value, row in zip(values, rows, strict=True)), default=0
    )
    return Figure(
        name="forest",
        title=title,
        description=description,
        width=round(scale.end + 2 * GAP + max(most, 20)),
        height=bottom + 30,
        marks=tuple(drawn),
        notes=_notes(rows),
        is_fixed=True,
    )


def _row(row: ForestRow, label: str, value: str, scale: Scale, y: float) -> list[Mark]:
    estimate, beside = row.estimate, round(scale.end + GAP)
    if estimate is None:
        heading: list[Mark] = [Words(6, y + 5, label, kind="heading")]
        return [*heading, Words(beside, y + 5, value, kind="heading")] if value else heading
    marks: list[Mark] = [Words(round(scale.start - GAP), y + 4, label, "end")]
    if estimate.value is None:
        return [*marks, Words(beside, y + 4, value, kind="none", title=row.reason)]
    if estimate.low is not None and estimate.high is not None:
        marks.append(Line(scale.at(estimate.low), y, scale.at(estimate.high), y, "whisker", row.tone))
    marks.append(Point(scale.at(estimate.value), y, row.tone, row.label))
    kind: Weight = "worse" if row.tone == "worse" else "plain"
    return [*marks, Words(beside, y + 4, value, kind=kind, title=row.reason)]


def _notes(rows: Sequence[ForestRow]) -> tuple[Note, ...]:
    """Every reason once, with the rows that it belongs to, each named with the heading above it."""
    names: dict[str, list[str]] = {}
    heading = ""
    for row in rows:
        if row.estimate is None:
            heading = row.label
        elif row.reason:
            names.setdefault(row.reason, []).append(f"{heading}: {row.label}" if heading else row.label)
    return tuple(Note("; ".join(rows_of_it), reason) for reason, rows_of_it in names.items())
