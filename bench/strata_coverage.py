"""How often the 95% intervals of corrected rates hold the true rate where labels are drawn within strata.

`.venv/bin/python bench/strata_coverage.py [--campaigns 800] [--cells 0] [--judged 2000] [--seed 0]`; bench/coverage.py
runs it, too. A cell is a number of strata (1, 3, 8, 11, 30), of labels in each, a true rate, a judge and a layout:

- alike: strata of one size, rate and judge;
- rates: half of the strata fail five times as often as the others;
- judges: sensitivity and specificity are 0.95 in half of the strata, 0.5 in the others;
- sizes, equal: strata of unequal sizes (the largest is about ten times the smallest) with the same number of labels;
- sizes, proportional: such strata with labels in proportion to size, at least 2.

The first three cells are those of a known fault: with a weight fitted in each stratum, PPI++ had means of 0.074, 0.077
and 0.063 for a rate of 0.1, and covered 86, 79 and 50 %. The table has the cells in which an interval covers less than
93 or more than 97 % in campaigns of which fewer than half get a warning, or PPI++ is biased by more than a fifth of its
standard error; such cells are simulated again, with six times the campaigns, so that they are more than chance. A
second table has estimates from items: stacks of judges, slices across strata, differences of two runs. The last line is
JSON.
"""

import argparse
import itertools
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from perg.stats.correction.corrected_runs import stacked_rate
from perg.stats.correction.paired import paired_difference
from perg.stats.correction.slices import corrected_slices
from perg.stats.correction.stacking import stacked_predictions
from perg.stats.estimators.coverage_warning import coverage_doubts
from perg.stats.estimators.judged_counts import JudgedCounts
from perg.stats.estimators.judged_sample import JudgedSample
from perg.stats.estimators.pooled_weight import LabelledStrata, pooled_mean
from perg.stats.estimators.ppi import labels_interval, powered_interval
from perg.stats.estimators.rogan_gladen import rogan_gladen

Floats = NDArray[np.float64]

STRATA = (1, 3, 8, 11, 30)
LABELS = (5, 12, 30)
RATES = (0.05, 0.1, 0.3)
JUDGES = ((0.8, 0.95), (0.95, 0.95), (0.6, 0.8))
LAYOUTS = ("alike", "rates", "judges", "sizes, equal", "sizes, proportional")
HUMAN, POWER, ROGAN = METHODS = ("human labels only", "PPI++", "Rogan–Gladen")
LEAST, MOST, MOST_BIAS = 0.93, 0.97, 0.2


@dataclass(frozen=True, slots=True)
class StrataCell:
    """One way to draw labels; `rate` is the true one of the whole run, `labels` are those of a stratum on average."""

    strata: int
    labels: int
    rate: float
    sensitivity: float
    specificity: float
    layout: str

    def plan(self) -> tuple[Floats, NDArray[np.int64], Floats, Floats, Floats]:
        """Share of the run, labels, rate, sensitivity and specificity of each stratum: five arrays (H,)."""
        count = self.strata
        half = np.arange(count) % 2 == 0
        shares = np.geomspace(10, 1, count) if self.layout.startswith("sizes") else np.ones(count)
        shares = shares / shares.sum()
        labels = np.full(count, self.labels)
        if self.layout == "sizes, proportional":
            labels = np.maximum(np.round(shares * self.labels * count), 2).astype(np.int64)
        rates = np.where(half & (self.layout == "rates"), 5.0, 1.0)
        rates = self.rate * rates / (shares * rates).sum()
        mixed = self.layout == "judges"
        sensitivity = np.where(mixed, np.where(half, 0.95, 0.5), self.sensitivity)
        specificity = np.where(mixed, np.where(half, 0.95, 0.5), self.specificity)
        return shares, labels, rates, sensitivity, specificity


REFERENCE = (
    StrataCell(8, 12, 0.1, 0.8, 0.95, "alike"),
    StrataCell(11, 14, 0.1, 0.8, 0.95, "alike"),
    StrataCell(30, 7, 0.1, 0.8, 0.95, "alike"),
)


def grid() -> list[StrataCell]:
    """The reference cells, then all others."""
    cells = list(REFERENCE)
    for strata, labels, rate, judge, layout in itertools.product(STRATA, LABELS, RATES, JUDGES, LAYOUTS):
        if (strata == 1 and layout != "alike") or (layout == "judges" and judge != JUDGES[0]):
            continue
        cells.append(StrataCell(strata, labels, rate, *judge, layout))
    return list(dict.fromkeys(cells))


def simulate(cell: StrataCell, campaigns: int, judged: int, rng: np.random.Generator) -> JudgedCounts:
    """Runs of `judged` items with labels drawn without replacement within strata, as counts (campaigns, H, 2)."""
    shares, planned, rates, sensitivity, specificity = cell.plan()
    missed, reported = rates * (1 - sensitivity), rates * sensitivity
    passed, harsh = (1 - rates) * specificity, (1 - rates) * (1 - specificity)
    kinds = shares[:, np.newaxis] * np.stack([missed, reported, passed, harsh], axis=-1)
    items = rng.multinomial(judged, kinds.ravel(), size=campaigns).reshape(campaigns, cell.strata, 4)
    left = np.minimum(planned, items.sum(axis=-1))
    rest, drawn = items.sum(axis=-1), []
    for kind in range(3):
        rest = rest - items[..., kind]
        drawn.append(rng.hypergeometric(items[..., kind], rest, left))
        left = left - drawn[-1]
    labels = np.stack([*drawn, left], axis=-1).astype(np.float64)
    counts = JudgedCounts(
        judged=(items[..., :2] + items[..., 2:]).astype(np.float64),
        labelled=labels[..., :2] + labels[..., 2:],
        failures=labels[..., :2],
    )
    there = (counts.labelled.sum(axis=-1) > 0).all(axis=-1)
    return JudgedCounts(counts.judged[there], counts.labelled[there], counts.failures[there])


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one cell, by method: coverage, mean width and share of campaigns warned; of PPI++ also mean and bias."""

    cell: StrataCell
    coverage: dict[str, float]
    width: dict[str, float]
    warned: dict[str, float]
    mean: float
    bias: float  # in standard errors

    def misses(self, method: str) -> bool:
        return not LEAST <= self.coverage[method] <= MOST

    def misses_unwarned(self, method: str) -> bool:
        return self.misses(method) and self.warned[method] < 0.5


def measure(cell: StrataCell, campaigns: int, judged: int, rng: np.random.Generator) -> Measured:
    counts = simulate(cell, campaigns, judged, rng)
    pooled = pooled_mean(LabelledStrata.of_counts(counts))
    rogan = rogan_gladen(counts)
    intervals = {
        HUMAN: labels_interval(counts, pooled),
        POWER: powered_interval(counts, pooled),
        ROGAN: (rogan.low, rogan.high),
    }
    coverage, width, warned = {}, {}, {}
    for method, (low, high) in intervals.items():
        among = ~np.isnan(rogan.value) if method == ROGAN else np.ones(low.shape, dtype=bool)
        coverage[method] = float(((low <= cell.rate) & (cell.rate <= high))[among].mean())
        width[method] = float(np.nanmean((high - low)[among]))
        warned[method] = float(np.any(list(coverage_doubts(counts, method).values()), axis=0)[among].mean())
    mean = float(pooled.value.mean())
    return Measured(cell, coverage, width, warned, mean, (mean - cell.rate) / float(pooled.value.std()))


def measure_surely(cell: StrataCell, campaigns: int, judged: int, rng: np.random.Generator) -> Measured:
    """The cell, simulated again with more campaigns where it seems to fail."""
    first = measure(cell, campaigns, judged, rng)
    if abs(first.bias) <= MOST_BIAS and not any(first.misses_unwarned(method) for method in METHODS):
        return first
    return measure(cell, 6 * campaigns, judged, rng)


@dataclass(frozen=True, slots=True)
class ItemsMeasured:
    """Estimates from items of one kind: coverage, bias in standard errors, share warned, and of differences how often
    interval and p-value disagree."""

    name: str
    campaigns: int
    coverage: float
    bias: float
    warned: float
    disagree: float | None


def measure_items(campaigns: int, rng: np.random.Generator) -> Iterator[ItemsMeasured]:
    """Stacks, slices and differences over 8 and 30 strata."""
    for strata, labels in ((8, 12), (30, 7)):
        for name, draw, count in (
            ("stacked", _stacked, max(campaigns // 4, 1)),
            ("slice", _slice, campaigns),
            ("difference", _difference, campaigns),
        ):
            rows = np.array([draw(strata, labels, rng) for _ in range(count)])
            error = rows[:, 1]
            yield ItemsMeasured(
                name=f"{name}, {strata} strata of {labels} labels",
                campaigns=count,
                coverage=float(rows[:, 0].mean()),
                bias=float(error.mean() / error.std()),
                warned=float(rows[:, 2].mean()),
                disagree=float(rows[:, 3].mean()) if name == "difference" else None,
            )


def _drawn(stratum: NDArray[np.int64], labels: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    chosen = np.zeros(stratum.size, dtype=np.bool_)
    for code in np.unique(stratum):
        chosen[rng.permutation(np.flatnonzero(stratum == code))[:labels]] = True
    return chosen


def _stacked(strata: int, labels: int, rng: np.random.Generator) -> tuple[bool, float, bool, bool]:
    """Two judges with 1–5 scores and one that guesses; true rate 0.15."""
    stratum = rng.integers(0, strata, 1500)
    truth = (rng.random(1500) < 0.15).astype(np.float64)
    scores = [np.clip(np.round(4 - 2 * truth + rng.normal(0, 1, 1500)), 1, 5) for _ in range(2)]
    outcome = np.where(_drawn(stratum, labels, rng), truth, np.nan)
    predictions = stacked_predictions(np.column_stack([*scores, rng.integers(1, 6, 1500)]), outcome, rng=rng)
    rate = stacked_rate(JudgedSample.of(outcome, predictions, stratum=stratum))
    assert rate.estimate.value is not None
    assert rate.estimate.low is not None
    assert rate.estimate.high is not None
    covered = rate.estimate.low <= 0.15 <= rate.estimate.high
    return covered, rate.estimate.value - 0.15, bool(rate.warnings), False


def _slice(strata: int, labels: int, rng: np.random.Generator) -> tuple[bool, float, bool, bool]:
    """A third of a run that lies across the strata; true rate 0.15. Strata get three times the labels."""
    stratum = rng.integers(0, strata, 2400)
    truth = (rng.random(2400) < 0.15).astype(np.float64)
    said = np.where(rng.random(2400) < 0.88, truth, 1 - truth)
    outcome = np.where(_drawn(stratum, 3 * labels, rng), truth, np.nan)
    third = rng.integers(0, 3, 2400).astype(np.str_)
    rate = corrected_slices(JudgedSample.of(outcome, said, stratum=stratum), third)[0].rates.powered
    if rate.estimate.value is None or rate.estimate.low is None or rate.estimate.high is None:
        return True, 0.0, True, False
    covered = rate.estimate.low <= 0.15 <= rate.estimate.high
    return covered, rate.estimate.value - 0.15, bool(rate.warnings), False


def _difference(strata: int, labels: int, rng: np.random.Generator) -> tuple[bool, float, bool, bool]:
    """Of 30 % failures a third is mended, of the others 5 / 7 % break: the difference is −0.05."""
    stratum = rng.integers(0, strata, 1500)
    a = (rng.random(1500) < 0.3).astype(np.float64)
    b = np.where(rng.random(1500) < np.where(a == 1, 1 / 3, 0.05 / 0.7), 1 - a, a)
    labelled = _drawn(stratum, labels, rng)

    def sample(truth: Floats) -> JudgedSample:
        said = np.where(rng.random(1500) < 0.85, truth, 1 - truth)
        return JudgedSample.of(np.where(labelled, truth, np.nan), said, stratum=stratum)

    result = paired_difference(sample(a), sample(b))
    estimate = result.corrected
    assert estimate.value is not None
    assert estimate.low is not None
    assert estimate.high is not None
    assert result.p_value is not None
    excludes = estimate.low > 0 or estimate.high < 0
    covered = estimate.low <= -0.05 <= estimate.high
    return covered, estimate.value + 0.05, bool(result.warnings), excludes != (result.p_value < 0.05)


def show(measured: list[Measured], items: list[ItemsMeasured]) -> None:
    """Both tables."""
    table = Table(
        title="Strata: reference cells, and cells that miss 93 to 97 % without a warning or are biased"
    )
    for column in ("strata", "labels", "rate", "sens.", "spec.", "layout", "PPI++ mean", "bias/SE"):
        table.add_column(column, justify="left" if column == "layout" else "right")
    for method in METHODS:
        table.add_column(method, justify="right")
        table.add_column("warned", justify="right")
    for row in measured:
        unwarned = any(row.misses_unwarned(method) for method in METHODS)
        if row.cell not in REFERENCE and not unwarned and abs(row.bias) <= MOST_BIAS:
            continue
        cell = row.cell
        table.add_row(
            *(str(x) for x in (cell.strata, cell.labels, cell.rate, cell.sensitivity, cell.specificity)),
            cell.layout,
            f"{row.mean:.3f}",
            f"{row.bias:+.2f}",
            *(
                text
                for method in METHODS
                for text in (
                    f"{row.coverage[method]:.3f}{'*' if row.misses(method) else ' '}",
                    f"{row.warned[method]:.0%}",
                )
            ),
        )
    from_items = Table(title="Strata: estimates from items")
    for column in ("estimate", "campaigns", "coverage", "bias/SE", "warned", "interval and p disagree"):
        from_items.add_column(column, justify="left" if column == "estimate" else "right")
    for line in items:
        from_items.add_row(
            line.name,
            str(line.campaigns),
            f"{line.coverage:.3f}",
            f"{line.bias:+.2f}",
            f"{line.warned:.0%}",
            "" if line.disagree is None else f"{line.disagree:.1%}",
        )
    console = Console(width=150)
    console.print(table)
    console.print(from_items)


def summary(measured: list[Measured], items: list[ItemsMeasured]) -> dict[str, object]:
    """What the tables say in numbers."""
    several = [row for row in measured if row.cell.strata > 1]
    result: dict[str, object] = {"cells": len(measured)}
    for method in METHODS:
        coverage = [row.coverage[method] for row in measured]
        unwarned = [row.coverage[method] for row in measured if row.warned[method] < 0.5]
        result[method] = {
            "min_coverage": min(coverage),
            "max_coverage": max(coverage),
            "cells_outside_93_to_97": sum(row.misses(method) for row in measured),
            "cells_outside_unwarned": sum(row.misses_unwarned(method) for row in measured),
            "cells_warned": sum(row.warned[method] >= 0.5 for row in measured),
            "min_coverage_unwarned": min(unwarned, default=None),
            "max_coverage_unwarned": max(unwarned, default=None),
        }
    result |= {
        "powered_bias_in_standard_errors_max": max(abs(row.bias) for row in several) if several else None,
        "reference": [
            {
                **asdict(row.cell),
                "mean": row.mean,
                "coverage": row.coverage[POWER],
                "warned": row.warned[POWER],
            }
            for row in measured
            if row.cell in REFERENCE
        ],
        "items": [asdict(line) for line in items],
    }
    return result


def run(
    campaigns: int, cells: int, judged: int, seed: int, console: Console
) -> tuple[list[Measured], list[ItemsMeasured]]:
    """All cells, or `cells` of them spread over the grid besides the reference cells."""
    chosen = grid()
    if 0 < cells < len(chosen):
        others = chosen[len(REFERENCE) :]
        chosen = [*REFERENCE, *(others[i] for i in np.linspace(0, len(others) - 1, cells).astype(int))]
    *seeds, last = np.random.SeedSequence(seed).spawn(len(chosen) + 1)
    measured = [
        measure_surely(cell, campaigns, judged, np.random.default_rng(of_cell))
        for cell, of_cell in track(
            list(zip(chosen, seeds, strict=True)),
            description="cells in strata",
            console=console,
            transient=True,
        )
    ]
    return measured, list(measure_items(min(campaigns, 300), np.random.default_rng(last)))


def main() -> None:
    parser = argparse.ArgumentParser(description="Coverage of corrected rates with labels in strata.")
    parser.add_argument("--campaigns", type=int, default=800, help="simulated campaigns a cell")
    parser.add_argument("--cells", type=int, default=0, help="cells spread over the grid; 0 = all")
    parser.add_argument("--judged", type=int, default=2000, help="judged items a run")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    start = time.perf_counter()
    measured, items = run(
        arguments.campaigns, arguments.cells, arguments.judged, arguments.seed, Console(stderr=True)
    )
    show(measured, items)
    print(json.dumps({**summary(measured, items), "seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
