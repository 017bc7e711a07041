"""The rater × rater matrix as a heatmap."""

from dataclasses import dataclass

from core.figures.text_width import shortened, text_width
from perg.stats.base.estimate import Estimate
from perg.stats.base.number_text import number_text
from perg.stats.measures.matrix import RaterMatrix
from perg.stats.raters.rater_agreement import PANEL_MOST_COMMON, PEOPLE_MOST_COMMON

TOP = 34
CELL_WIDTH = 52
CELL_HEIGHT = 34
MOST_OF_A_NAME = 260
MARGIN = 10
SHADES = 10


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One pair: `shade` 0–10 (−1 below chance, None undefined), the number, and all of it in words."""

    x: float
    y: float
    shade: int | None
    value: str
    title: str


@dataclass(frozen=True, slots=True)
class Heatmap:
    """Raters by raters: the scale above the diagonal, followed / not followed below it."""

    title: str
    description: str
    names: tuple[tuple[str, float, float], ...]
    columns: tuple[tuple[str, float], ...]
    cells: tuple[HeatCell, ...]
    width: int
    height: int
    cell_width: int
    cell_height: int
    names_end: int
    top: int

    @property
    def template(self) -> str:
        """Draws it."""
        return "annotations/validation/figures/heatmap.svg"


def heatmap(matrix: RaterMatrix) -> Heatmap:
    """Krippendorff's α of all pairs above the diagonal, Cohen's κ on followed below it (α again without a cut)."""
    raters = matrix.raters
    place = {name: i for i, name in enumerate(raters)}
    names = [shortened(f"{i}  {name}", MOST_OF_A_NAME) for i, name in enumerate(raters, start=1)]
    start = 16 + round(max(map(text_width, names), default=0))
    cells = []
    for pair in matrix.pairs:
        i, j = place[pair.a], place[pair.b]
        cells.append(_cell(start, i, j, f"{pair.a} and {pair.b}: α", pair.scale["alpha"]))
        followed = pair.followed
        if followed is None:
            cells.append(_cell(start, j, i, f"{pair.a} and {pair.b}: α", pair.scale["alpha"]))
        else:
            words = f"{pair.a} and {pair.b}: κ on followed"
            cells.append(_cell(start, j, i, words, followed["cohen_kappa"]))
    below = "Cohen's κ on followed / not followed" if matrix.threshold is not None else "the same"
    return Heatmap(
        title="Agreement of all raters",
        description=f"Above the diagonal Krippendorff's α ({matrix.level}), below it {below}. The table of pairs "
        f"has the same numbers.{_ties_left_out(matrix)}",
        names=tuple((name, start - 10, TOP + CELL_HEIGHT * (i + 0.5)) for i, name in enumerate(names)),
        columns=tuple((str(i + 1), start + CELL_WIDTH * (i + 0.5)) for i in range(len(raters))),
        cells=tuple(cells),
        width=start + CELL_WIDTH * len(raters) + MARGIN,
        height=TOP + CELL_HEIGHT * len(raters) + MARGIN,
        cell_width=CELL_WIDTH - 2,
        cell_height=CELL_HEIGHT - 2,
        names_end=start - 10,
        top=TOP,
    )


def _ties_left_out(matrix: RaterMatrix) -> str:
    """On how many items the cells of a most common label rest: where its raters are tied, it has none."""
    aggregates = {"people": PEOPLE_MOST_COMMON, "judges": PANEL_MOST_COMMON}
    others = [pair.n for pair in matrix.pairs if not {pair.a, pair.b} & set(aggregates.values())]
    sentences = ""
    for who, name in aggregates.items():
        counts = [
            pair.n
            for pair in matrix.pairs
            if name in (pair.a, pair.b) and len({pair.a, pair.b} & set(aggregates.values())) == 1
        ]
        if counts and others and min(counts) < max(others):
            sentences += (
                f" Items on which {who} are tied have no most common label and are left out: cells of “{name}” rest on "
                f"{_from_to(counts)} items, cells of two raters on {_from_to(others)}, so that they may show more "
                "agreement than there is."
            )
    return sentences


def _from_to(counts: list[int]) -> str:
    return f"{min(counts):,}" if min(counts) == max(counts) else f"{min(counts):,} to {max(counts):,}"


def _cell(start: int, row: int, column: int, words: str, estimate: Estimate) -> HeatCell:
    value = estimate.value
    x, y = float(start + CELL_WIDTH * column), float(TOP + CELL_HEIGHT * row)
    if value is None:
        return HeatCell(x, y, None, "–", f"{words} undefined ({estimate.undefined}), n = {estimate.n}")
    interval = ""
    if estimate.low is not None and estimate.high is not None:
        interval = f" [{number_text(estimate.low, 2)}, {number_text(estimate.high, 2)}]"
    shade = -1 if value < 0 else round(min(value, 1) * SHADES)
    warnings = "".join(f" ⚠ {warning}" for warning in estimate.warnings)
    shown = number_text(value, 2)
    return HeatCell(x, y, shade, shown, f"{words} {shown}{interval}, n = {estimate.n}{warnings}")
