"""A judge's labels beside people's: how often which for which, as the largest cells of a table of any size."""

from dataclasses import dataclass

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import Flags, proportion
from perg.stats.base.resampling import Clusters
from perg.stats.ratings.ratings import Codes

MOST_CELLS = 60
"""Cells of a table in a report: all of seven labels; of more, half of them are the largest on which both differ."""
MOST_LABELS_IN_A_TABLE = 7
NOTHING_IN_COMMON = "no item has a label by the judge and one by people"


@dataclass(frozen=True, slots=True)
class LabelCell:
    """So many items have this label by people and that one by the judge."""

    people: str
    judge: str
    n: int


@dataclass(frozen=True, slots=True)
class LabelConfusion:
    """One judge's labels beside people's, over the `n` items that have both.

    Attributes:
        left_out: labelled items without a label by the judge, or on which people are divided.
        agreement: share of the items on which both give the same label.
        labels: of both, in the order of the scale; none where there are more than seven.
        cells: those that occur, the largest first: all of them, or of large tables the 30 largest on which both agree
            and the 30 on which they differ.
        other_cells, items_in_other_cells: what is not listed.
    """

    n: int
    left_out: int
    agreement: Estimate
    labels: tuple[str, ...]
    cells: tuple[LabelCell, ...]
    other_cells: int
    items_in_other_cells: int

    @property
    def rows(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """A row for each of people's labels with the judge's counts in the same order; none of large tables."""
        counts = {(cell.people, cell.judge): cell.n for cell in self.cells}
        return tuple(
            (people, tuple(counts.get((people, judge), 0) for judge in self.labels)) for people in self.labels
        )

    @property
    def disagreements(self) -> tuple[LabelCell, ...]:
        """The listed cells in which both differ."""
        return tuple(cell for cell in self.cells if cell.people != cell.judge)


def label_confusion(
    judge: Codes, people: Codes, names: tuple[str, ...], *, clusters: Clusters, confidence: float = 0.95
) -> LabelConfusion:
    """From codes (n,) of `names` of the labelled items, −1 where there is none. Memory grows with the items only."""
    both = (judge >= 0) & (people >= 0)
    said, true = judge[both], people[both]
    size = len(names)
    keys, counts = np.unique(true * size + said, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    occurring = np.union1d(said, true)
    in_table = occurring.size <= MOST_LABELS_IN_A_TABLE
    equal = keys // size == keys % size
    listed = order if order.size <= MOST_CELLS else _largest(order, equal)
    return LabelConfusion(
        n=int(both.sum()),
        left_out=int((~both).sum()),
        agreement=proportion(
            said == true, clusters=clusters[both], confidence=confidence, undefined=NOTHING_IN_COMMON
        ),
        labels=tuple(names[code] for code in occurring) if in_table else (),
        cells=tuple(
            LabelCell(names[keys[place] // size], names[keys[place] % size], int(counts[place]))
            for place in listed
        ),
        other_cells=int(order.size - listed.size),
        items_in_other_cells=int(counts.sum() - counts[listed].sum()),
    )


def _largest(order: Codes, equal: Flags) -> Codes:
    """Of cells in their order by size: the first half of those listed among the equal ones, and among the others."""
    is_listed = np.zeros(order.size, dtype=np.bool_)
    for kind in (equal[order], ~equal[order]):
        is_listed[np.flatnonzero(kind)[: MOST_CELLS // 2]] = True
    return order[is_listed]
