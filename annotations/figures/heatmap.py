"""The rater × rater matrix as a heatmap."""

from dataclasses import dataclass

from annotations.agreement.matrix import RaterMatrixDict
from evaluation.statistics.estimate import EstimateDict

TOP = 34
CELL_WIDTH = 52
CELL_HEIGHT = 34
NAMES = 210
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
        return "annotations/figures/heatmap.svg"


def heatmap(matrix: RaterMatrixDict) -> Heatmap:
    """Krippendorff's α of all pairs above the diagonal, Cohen's κ on followed below it (α again without a cut)."""
    raters = matrix["raters"]
    place = {name: i for i, name in enumerate(raters)}
    cells = []
    for pair in matrix["pairs"]:
        i, j = place[pair["a"]], place[pair["b"]]
        cells.append(_cell(i, j, f"{pair['a']} and {pair['b']}: α", pair["scale"]["alpha"]))
        followed = pair["followed"]
        if followed is None:
            cells.append(_cell(j, i, f"{pair['a']} and {pair['b']}: α", pair["scale"]["alpha"]))
        else:
            words = f"{pair['a']} and {pair['b']}: κ on followed"
            cells.append(_cell(j, i, words, followed["cohen_kappa"]))
    below = "Cohen's κ on followed / not followed" if matrix["threshold"] is not None else "the same"
    return Heatmap(
        title="Agreement of all raters",
        description=f"Above the diagonal Krippendorff's α ({matrix['level']}), below it {below}. The table of pairs "
        "has the same numbers.",
        names=tuple(
            (f"{i + 1}  {name}", NAMES - 10, TOP + CELL_HEIGHT * (i + 0.5)) for i, name in enumerate(raters)
        ),
        columns=tuple((str(i + 1), NAMES + CELL_WIDTH * (i + 0.5)) for i in range(len(raters))),
        cells=tuple(cells),
        width=NAMES + CELL_WIDTH * len(raters) + MARGIN,
        height=TOP + CELL_HEIGHT * len(raters) + MARGIN,
        cell_width=CELL_WIDTH - 2,
        cell_height=CELL_HEIGHT - 2,
        names_end=NAMES - 10,
        top=TOP,
    )


def _cell(row: int, column: int, words: str, estimate: EstimateDict) -> HeatCell:
    value = estimate["value"]
    x, y = float(NAMES + CELL_WIDTH * column), float(TOP + CELL_HEIGHT * row)
    if value is None:
        return HeatCell(x, y, None, "–", f"{words} undefined ({estimate['undefined']}), n = {estimate['n']}")
    interval = ""
    if estimate["low"] is not None and estimate["high"] is not None:
        interval = f" [{estimate['low']:.2f}, {estimate['high']:.2f}]"
    shade = -1 if value < 0 else round(min(value, 1) * SHADES)
    warnings = "".join(f" ⚠ {warning}" for warning in estimate.get("warnings", ()))
    return HeatCell(
        x, y, shade, f"{value:.2f}", f"{words} {value:.2f}{interval}, n = {estimate['n']}{warnings}"
    )
