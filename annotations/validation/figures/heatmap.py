"""The rater × rater matrix as a heatmap."""

from core.figures.drawing import Box, Figure, Mark, Words
from core.figures.text_width import shortened, text_width
from perg.stats.base.estimate import Estimate
from perg.stats.base.number_text import number_text
from perg.stats.base.terms import FOLLOWING, Terms
from perg.stats.measures.matrix import RaterMatrix
from perg.stats.raters.rater_agreement import PANEL_MOST_COMMON, PEOPLE_MOST_COMMON

TOP = 34
CELL_WIDTH = 52
CELL_HEIGHT = 34
MOST_OF_A_NAME = 260
MARGIN = 10
SHADES = 10


def heatmap(matrix: RaterMatrix, terms: Terms = FOLLOWING) -> Figure:
    """Raters by raters: Krippendorff's α of all pairs above the diagonal, Cohen's κ on the decisions below it (α
    again without a cut).
    """
    raters = matrix.raters
    place = {name: i for i, name in enumerate(raters)}
    names = [shortened(f"{i}  {name}", MOST_OF_A_NAME) for i, name in enumerate(raters, start=1)]
    start = 16 + round(max(map(text_width, names), default=0))
    marks: list[Mark] = []
    for i, name in enumerate(names):
        marks.append(Words(start - 10, TOP + CELL_HEIGHT * (i + 0.5) + 3, name, "end"))
        marks.append(Words(start + CELL_WIDTH * (i + 0.5), TOP - 10, str(i + 1), "middle", "axis"))
    for pair in matrix.pairs:
        i, j = place[pair.a], place[pair.b]
        alpha = f"{pair.a} and {pair.b}: α", pair.scale["alpha"]
        marks.append(_cell(start, i, j, *alpha))
        if pair.followed is None:
            marks.append(_cell(start, j, i, *alpha))
        else:
            kappa = f"{pair.a} and {pair.b}: κ on {terms.short}", pair.followed["cohen_kappa"]
            marks.append(_cell(start, j, i, *kappa))
    below = f"Cohen's κ on {terms.decisions}" if matrix.threshold is not None else "the same"
    return Figure(
        name="heatmap",
        title="Agreement of all raters",
        description=f"Above the diagonal Krippendorff's α ({matrix.level}), below it {below}. The table of pairs "
        f"has the same numbers.{_ties_left_out(matrix)}",
        width=start + CELL_WIDTH * len(raters) + MARGIN,
        height=TOP + CELL_HEIGHT * len(raters) + MARGIN,
        marks=tuple(marks),
        is_fixed=True,
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


def _cell(start: int, row: int, column: int, name: str, estimate: Estimate) -> Box:
    """One pair: a shade from 0 to 10 (or one below chance), the number, and all of it in words."""
    value = estimate.value
    if value is None:
        fill, shown = "none", "–"
        title = f"{name} undefined ({estimate.undefined}), n = {estimate.n}"
    else:
        fill, shown = "below" if value < 0 else str(round(min(value, 1) * SHADES)), number_text(value, 2)
        interval = ""
        if estimate.low is not None and estimate.high is not None:
            interval = f" [{number_text(estimate.low, 2)}, {number_text(estimate.high, 2)}]"
        warnings = "".join(f" ⚠ {warning}" for warning in estimate.warnings)
        title = f"{name} {shown}{interval}, n = {estimate.n}{warnings}"
    x, y = float(start + CELL_WIDTH * column), float(TOP + CELL_HEIGHT * row)
    words = Words(x + CELL_WIDTH / 2 - 1, y + CELL_HEIGHT / 2 + 4, shown, "middle")
    return Box(x, y, CELL_WIDTH - 2, CELL_HEIGHT - 2, fill, title, words)
