"""Counts of how often intervals hold the truth, cell by cell, and whether those that do not come with a warning."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from rich.console import Console
from rich.table import Table

from perg.stats.base.estimate import Estimate

LEAST, MOST = 0.93, 0.97


@dataclass(slots=True)
class Tally:
    """Of one cell, by quantity: 1 where an interval held the truth, and 1 where it came with a warning."""

    cell: str
    held: dict[str, list[bool]] = field(default_factory=dict)
    warned: dict[str, list[bool]] = field(default_factory=dict)
    undefined: dict[str, int] = field(default_factory=dict)

    def add(self, quantity: str, estimate: Estimate, truth: float) -> None:
        if estimate.low is None or estimate.high is None:
            self.undefined[quantity] = self.undefined.get(quantity, 0) + 1
            return
        self.held.setdefault(quantity, []).append(estimate.low <= truth <= estimate.high)
        self.warned.setdefault(quantity, []).append(bool(estimate.warnings))

    def coverage(self, quantity: str) -> float:
        return float(np.mean(self.held[quantity]))

    def share_warned(self, quantity: str) -> float:
        return float(np.mean(self.warned[quantity]))


def show(title: str, tallies: list[Tally]) -> None:
    """One row a cell and quantity; a star where the interval covers too rarely or too often."""
    table = Table(title=title)
    for column in ("cell", "quantity", "intervals", "undefined", "coverage", "warned"):
        table.add_column(column, justify="left" if column in ("cell", "quantity") else "right")
    for tally in tallies:
        for quantity, held in tally.held.items():
            coverage = tally.coverage(quantity)
            star = " " if LEAST <= coverage <= MOST else "*"
            table.add_row(
                tally.cell,
                quantity,
                str(len(held)),
                str(tally.undefined.get(quantity, 0)),
                f"{coverage:.3f}{star}",
                f"{tally.share_warned(quantity):.0%}",
            )
    Console(width=130).print(table)


def summary(tallies: list[Tally]) -> Mapping[str, object]:
    """By quantity: coverage by cell, and whether each cell outside 93 to 97% mostly comes with a warning."""
    quantities = list(dict.fromkeys(quantity for tally in tallies for quantity in tally.held))
    result: dict[str, object] = {}
    for quantity in quantities:
        cells = [tally for tally in tallies if quantity in tally.held]
        outside = [tally for tally in cells if not LEAST <= tally.coverage(quantity) <= MOST]
        unwarned = [tally.coverage(quantity) for tally in cells if tally.share_warned(quantity) < 0.5]
        result[quantity] = {
            "coverage": {tally.cell: round(tally.coverage(quantity), 4) for tally in cells},
            "warned": {tally.cell: round(tally.share_warned(quantity), 3) for tally in cells},
            "min_unwarned": min(unwarned, default=None),
            "max_unwarned": max(unwarned, default=None),
            "outside_and_unwarned": [tally.cell for tally in outside if tally.share_warned(quantity) < 0.5],
        }
    return result
