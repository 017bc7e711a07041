"""How often the 95% intervals of corrected rates hold the true rate, in simulated campaigns.

`.venv/bin/python bench/coverage.py [--campaigns 1000] [--cells 40] [--judged 2000] [--seed 0]`. A cell is a true
rate, a judge's sensitivity and specificity, a number of labels and a way of drawing them:

- simple random;
- enriched by verdict: half of the labels among items that the judge reports, half among the others;
- enriched by category: two halves of the run, in which failures are half and one and a half times as frequent as in
  all; a third of the labels in the first, two thirds in the second.

Each campaign draws its own run. `--cells` takes that many cells, spread over the grid. The table shows the cells in
which PPI++ or Rogan–Gladen cover less than 93 or more than 97 %, and whether at least half of their campaigns get a
warning from `coverage_doubts`. Rogan–Gladen is counted over campaigns in which it is defined. Then follow 1 to 30
strata (bench/strata_coverage.py). The last line is JSON.
"""

import argparse
import itertools
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import strata_coverage
from perg.stats.estimators.coverage_warning import coverage_doubts
from perg.stats.estimators.judged_counts import JudgedCounts
from perg.stats.estimators.pooled_weight import LabelledStrata, pooled_mean
from perg.stats.estimators.ppi import labels_interval, powered_interval
from perg.stats.estimators.rogan_gladen import rogan_gladen
from perg.stats.estimators.stratified_interval import POWERED, stratified_interval

RATES = (0.05, 0.1, 0.2, 0.3, 0.5)
ACCURACIES = (0.6, 0.7, 0.8, 0.9, 0.95)
LABELS = (50, 100, 300)
DESIGNS = ("simple random", "enriched by verdict", "enriched by category")
HUMAN, POWER, ROGAN = "human labels only", "PPI++", "Rogan–Gladen"
LEAST, MOST = 0.93, 0.97


@dataclass(frozen=True, slots=True)
class Cell:
    design: str
    rate: float
    sensitivity: float
    specificity: float
    labels: int


@dataclass(frozen=True, slots=True)
class Found:
    """Of one cell: coverage, mean width and share of campaigns warned by method; mean bias of naive and PPI++."""

    cell: Cell
    coverage: dict[str, float]
    width: dict[str, float]
    warned: dict[str, float]
    width_alike: float  # labels only, with the kind of interval that PPI++ has
    naive_bias: float
    powered_bias: float
    undefined: float
    seconds: float

    def fails(self, method: str) -> bool:
        return not LEAST <= self.coverage[method] <= MOST


def main() -> None:
    parser = argparse.ArgumentParser(description="Coverage of the intervals of corrected rates.")
    parser.add_argument("--campaigns", type=int, default=1000, help="simulated campaigns a cell")
    parser.add_argument("--cells", type=int, default=0, help="cells spread over the grid; 0 = all")
    parser.add_argument("--judged", type=int, default=2000, help="judged items a run")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    grid = [Cell(*cell) for cell in itertools.product(DESIGNS, RATES, ACCURACIES, ACCURACIES, LABELS)]
    if 0 < arguments.cells < len(grid):
        grid = [grid[i] for i in np.linspace(0, len(grid) - 1, arguments.cells).astype(int)]
    console = Console(stderr=True)
    seeds = np.random.SeedSequence(arguments.seed).spawn(len(grid))
    found = [
        measure(cell, arguments.campaigns, arguments.judged, np.random.default_rng(seed))
        for cell, seed in track(
            list(zip(grid, seeds, strict=True)), description="cells", console=console, transient=True
        )
    ]
    show(found)
    strata, items = strata_coverage.run(
        arguments.campaigns, arguments.cells, arguments.judged, arguments.seed, console
    )
    strata_coverage.show(strata, items)
    print(json.dumps({**summary(found), "strata": strata_coverage.summary(strata, items)}))


def measure(cell: Cell, campaigns: int, judged: int, rng: np.random.Generator) -> Found:
    start = time.perf_counter()
    counts = simulate(cell, campaigns, judged, rng)
    population = counts.population
    rogan = rogan_gladen(counts)
    defined = ~np.isnan(rogan.value)
    pooled = pooled_mean(LabelledStrata.of_counts(counts))
    intervals = {
        HUMAN: labels_interval(counts, pooled),
        POWER: powered_interval(counts, pooled),
        ROGAN: (rogan.low, rogan.high),
    }
    alike = intervals[HUMAN]
    if cell.design == "simple random":
        alike = stratified_interval(*counts.stratum_cells(), population, power=POWERED)
    coverage, width, warned = {}, {}, {}
    for method, (low, high) in intervals.items():
        among = defined if method == ROGAN else np.ones(campaigns, dtype=bool)
        coverage[method] = float(((low <= cell.rate) & (cell.rate <= high))[among].mean())
        width[method] = float(np.nanmean((high - low)[among]))
        warned[method] = float(np.any(list(coverage_doubts(counts, method).values()), axis=0)[among].mean())
    naive = counts.judged[..., 1].sum(axis=-1) / population
    return Found(
        cell=cell,
        coverage=coverage,
        width=width,
        warned=warned,
        width_alike=float((alike[1] - alike[0]).mean()),
        naive_bias=float(naive.mean() - cell.rate),
        powered_bias=float(pooled.value.mean() - cell.rate),
        undefined=float(1 - defined.mean()),
        seconds=time.perf_counter() - start,
    )


def simulate(cell: Cell, campaigns: int, judged: int, rng: np.random.Generator) -> JudgedCounts:
    """Runs of `judged` items and the labels on some of them, as counts (campaigns, strata, 2)."""
    by_category = cell.design == "enriched by category"
    shares = np.array([0.5, 0.5]) if by_category else np.array([1.0])
    rates = cell.rate * (np.array([0.5, 1.5]) if by_category else np.array([1.0]))
    reported = np.stack([rates * cell.sensitivity, (1 - rates) * (1 - cell.specificity)], axis=-1)
    cleared = np.stack([rates * (1 - cell.sensitivity), (1 - rates) * cell.specificity], axis=-1)
    joint = np.stack([cleared, reported], axis=1)  # stratum, verdict, (failure, none)
    verdicts = shares[:, np.newaxis] * joint.sum(axis=-1)
    items = rng.multinomial(judged, verdicts.ravel(), size=campaigns).reshape(campaigns, *verdicts.shape)
    if cell.design == "enriched by verdict":
        of_reported = np.minimum(cell.labels // 2, items[:, 0, 1])
        labelled = np.stack([np.minimum(cell.labels - of_reported, items[:, 0, 0]), of_reported], axis=-1)
        labelled = labelled[:, np.newaxis]
    else:
        wanted = np.array(
            [cell.labels // 3, cell.labels - cell.labels // 3] if by_category else [cell.labels]
        )
        of_reported = rng.hypergeometric(
            items[..., 1], items[..., 0], np.broadcast_to(wanted, items.shape[:-1])
        )
        labelled = np.stack([wanted - of_reported, of_reported], axis=-1)
    failures = rng.binomial(labelled, np.broadcast_to(joint[..., 0] / joint.sum(axis=-1), labelled.shape))
    counts = [array.astype(np.float64) for array in (items, labelled, failures)]
    if cell.design == "enriched by verdict":  # the strata are the verdicts
        counts = [np.eye(2) * array for array in counts]
    return JudgedCounts(*counts)


def show(found: list[Found]) -> None:
    failing = [cell for cell in found if cell.fails(POWER) or cell.fails(ROGAN)]
    table = Table(title="Cells in which PPI++ or Rogan–Gladen cover less than 93 or more than 97 %")
    for column in ("design", "rate", "sens.", "spec.", "labels", "PPI++", "warned", "Rogan–Gladen", "warned"):
        table.add_column(column, justify="left" if column == "design" else "right")
    for column in ("human", "width PPI++", "human alike", "naive bias"):
        table.add_column(column, justify="right")
    for row in failing:
        cell = row.cell
        table.add_row(
            cell.design,
            *(str(x) for x in (cell.rate, cell.sensitivity, cell.specificity, cell.labels)),
            *(
                text
                for method in (POWER, ROGAN)
                for text in (
                    f"{row.coverage[method]:.3f}{'*' if row.fails(method) else ' '}",
                    f"{row.warned[method]:.0%}",
                )
            ),
            f"{row.coverage[HUMAN]:.3f}",
            f"{row.width[POWER]:.3f}",
            f"{row.width_alike:.3f}",
            f"{row.naive_bias:+.3f}",
        )
    Console(width=150).print(table)


def summary(found: list[Found]) -> dict[str, object]:
    own = [row for row in found if row.cell.design != "enriched by verdict"]
    result: dict[str, object] = {"cells": len(found)}
    for method in (HUMAN, POWER, ROGAN):
        coverage = np.array([row.coverage[method] for row in found])
        inside = np.array([not row.fails(method) for row in found])
        warned = np.array([row.warned[method] >= 0.5 for row in found])
        result[method] = {
            "min_coverage": coverage.min(),
            "max_coverage": coverage.max(),
            "share_93_to_97": inside.mean(),
            "below_93": int((coverage < LEAST).sum()),
            "above_97": int((coverage > MOST).sum()),
            "share_warned": warned.mean(),
            "failing_all_warned": bool(warned[~inside].all()),
            "min_coverage_unwarned": coverage[~warned].min() if (~warned).any() else None,
            "max_coverage_unwarned": coverage[~warned].max() if (~warned).any() else None,
            "mean_width": np.mean([row.width[method] for row in found]),
        }
    both = (POWER, ROGAN)
    result |= {
        "failing_cells_all_warned": all(
            row.warned[method] >= 0.5 for row in found for method in both if row.fails(method)
        ),
        # Enriched by verdict, the labels' weights are the judge's work already: the two intervals are the same.
        "powered_narrower": all(row.width[POWER] < row.width_alike for row in own),
        "powered_width_ratio_max": max((row.width[POWER] / row.width_alike for row in own), default=None),
        "powered_width_ratio_mean": np.mean([row.width[POWER] / row.width_alike for row in own])
        if own
        else None,
        "naive_bias_max": max(abs(row.naive_bias) for row in found),
        "powered_bias_max": max(abs(row.powered_bias) for row in found),
        "seconds_a_cell": np.mean([row.seconds for row in found]),
    }
    return result


if __name__ == "__main__":
    main()
