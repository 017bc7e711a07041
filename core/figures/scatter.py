"""Two rates (or a rate against an amount) as points with whiskers in both directions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.figures.drawing import Figure, Line, Mark, Point, Scale, Words, limit_for, nice_limit, shortened
from perg.stats.base.estimate import Estimate

LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT, KEY = 70, 24, 640, 400, 26
CHARACTER, LETTERING = 7.2, 14
"""About how wide a letter is and how high a line; a name that would cover another one or a point is left out."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class ScatterPoint:
    """A run: its name, the series that it belongs to, and the two estimates."""

    name: str
    series: str
    x: Estimate
    y: Estimate
    facts: Mapping[str, object]


def scatter(
    name: str,
    title: str,
    description: str,
    caption: str,
    points: Sequence[ScatterPoint],
    *,
    x: str,
    y: str,
    tones: Mapping[str, str],
    x_is_rate: bool = True,
) -> Figure:
    """Points that have both values; those that lack one are counted as left out. `tones` are of the series."""
    drawn = [point for point in points if point.x.value is not None and point.y.value is not None]
    limit = limit_for if x_is_rate else nice_limit
    across = Scale(0, limit(_ends(point.x for point in drawn)), LEFT, LEFT + PLOT_WIDTH)
    up = Scale(0, limit_for(_ends(point.y for point in drawn)), TOP + PLOT_HEIGHT, TOP)
    series = sorted({point.series for point in drawn})
    marks: list[Mark] = [*_axes(across, up, x, y)]
    for point in drawn:
        marks += _marks(point, across, up, tones[point.series])
    marks += _names(drawn, across, up)
    marks += _key(series, tones)
    columns = [*(points[0].facts if points else ()), "series"]
    return Figure(
        name=name,
        title=title,
        description=description,
        caption=caption,
        width=LEFT + PLOT_WIDTH + 150,
        height=TOP + PLOT_HEIGHT + 56 + KEY,
        marks=tuple(marks) if drawn else (),
        columns=(*columns, *(f"{axis}_{part}" for axis in (x, y) for part in ("value", "low", "high", "n"))),
        records=tuple(
            {
                **point.facts,
                "series": point.series,
                **{f"{x}_{part}": getattr(point.x, part) for part in ("value", "low", "high", "n")},
                **{f"{y}_{part}": getattr(point.y, part) for part in ("value", "low", "high", "n")},
            }
            for point in drawn
        ),
        left_out=len(points) - len(drawn),
    )


def _ends(estimates: Iterable[Estimate]) -> list[float]:
    ends = []
    for estimate in estimates:
        ends += [end for end in (estimate.value, estimate.high) if end is not None]
    return ends


def _axes(across: Scale, up: Scale, x: str, y: str) -> list[Mark]:
    bottom, right = TOP + PLOT_HEIGHT, LEFT + PLOT_WIDTH
    marks: list[Mark] = []
    for place, label in across.ticks():
        marks += [Line(place, TOP, place, bottom), Words(place, bottom + 18, label, "middle", "axis")]
    for place, label in up.ticks():
        marks += [Line(LEFT, place, right, place), Words(LEFT - 8, place + 4, label, "end", "axis")]
    marks += [Words((LEFT + right) / 2, bottom + 40, x, "middle", "axis"), Words(6, 14, y, "start", "axis")]
    return marks


def _marks(point: ScatterPoint, across: Scale, up: Scale, tone: str) -> list[Mark]:
    x, y = across.at(point.x.value or 0.0), up.at(point.y.value or 0.0)
    marks: list[Mark] = []
    if point.x.low is not None and point.x.high is not None:
        marks.append(Line(across.at(point.x.low), y, across.at(point.x.high), y, "whisker", tone))
    if point.y.low is not None and point.y.high is not None:
        marks.append(Line(x, up.at(point.y.low), x, up.at(point.y.high), "whisker", tone))
    marks.append(Point(x, y, tone, f"{point.name}, {point.series}: {in_words(point.x)}; {in_words(point.y)}"))
    return marks


def _names(points: Sequence[ScatterPoint], across: Scale, up: Scale) -> list[Mark]:
    """Each point's name in the first free place around it; without one, the tooltip and the CSV have it."""
    at = [(across.at(point.x.value or 0.0), up.at(point.y.value or 0.0)) for point in points]
    taken: list[Box] = [(x - 6, y - 6, x + 6, y + 6) for x, y in at]
    marks: list[Mark] = []
    for (x, y), point in zip(at, points, strict=True):
        name = shortened(point.name, 32)
        width = CHARACTER * len(name)
        for left, baseline in (
            (x + 9, y - 7),
            (x + 9, y + 16),
            (x - 9 - width, y - 7),
            (x - 9 - width, y + 16),
        ):
            box = (left, baseline - LETTERING, left + width, baseline + 2)
            if left > LEFT and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                marks.append(Words(round(left, 2), baseline, name))
                break
    return marks


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _key(series: Sequence[str], tones: Mapping[str, str]) -> list[Mark]:
    marks: list[Mark] = []
    x, y = float(LEFT), TOP + PLOT_HEIGHT + 62
    for name in series:
        marks += [Point(x + 6, y - 4, tones[name], name), Words(x + 18, y, name)]
        x += 36 + 7.4 * len(name)
    return marks


def in_words(estimate: Estimate) -> str:
    """An estimate in words."""
    if estimate.value is None:
        return f"undefined ({estimate.undefined})"
    interval = ""
    if estimate.low is not None and estimate.high is not None:
        interval = f" [{estimate.low:.3f}, {estimate.high:.3f}]"
    warnings = "".join(f" ⚠ {warning}" for warning in estimate.warnings)
    return f"{estimate.value:.3f}{interval}, n = {estimate.n}{warnings}"
