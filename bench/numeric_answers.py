"""Do the intervals of numeric answers, of corrected means and of agreement of sets hold their level?

`.venv/bin/python bench/numeric_answers.py [--seeds 500]`. A judge and people rate the same items from 0 to 1, in half
steps from 1 to 5, or from 0 to 100; scores pile up at the upper end in some cells. The truth is that of 400,000
items. The table shows how often the 95% intervals hold it, with a star where that is not 93 to 97% of them, and how
many come with a warning. The last line is JSON.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from scipy import sparse

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.coverage_tally import Tally, show, summary
from perg.stats.estimators.powered_mean import corrected_mean
from perg.stats.labels.given_labels import GivenLabels
from perg.stats.labels.set_agreement import SetDistance, set_alpha
from perg.stats.numeric.calibration_line import calibration_line
from perg.stats.numeric.concordance import intraclass_correlation, lin_concordance
from perg.stats.numeric.differences import NORMAL, limits_of_agreement

Floats = NDArray[np.float64]
POPULATION = 400_000
LABELLED = 0.3


@dataclass(frozen=True, slots=True)
class Scale:
    """A range of answers, what rounds them to it, and where people's ratings lie in it."""

    lowest: float
    highest: float
    step: float
    middle: float
    spread: float

    def rounded(self, values: Floats) -> Floats:
        clipped: Floats = np.clip(values, self.lowest, self.highest)
        return np.round(clipped / self.step) * self.step if self.step else clipped


UNIT = Scale(0, 1, 0, 0.6, 0.15)
CEILING = Scale(0, 1, 0.01, 0.95, 0.2)
HALF_STEPS = Scale(1, 5, 0.5, 3.2, 0.9)
HUNDRED = Scale(0, 100, 1, 60, 18)


@dataclass(frozen=True, slots=True)
class Cell:
    """`items` in clusters of `together`, which share half of what an item is worth and of the judge's error."""

    name: str
    scale: Scale
    items: int
    together: int = 1
    rare: float = 0.0


CELLS = (
    Cell("0 to 1", UNIT, 100),
    Cell("0 to 1, 30 items", UNIT, 30),
    Cell("half steps", HALF_STEPS, 100),
    Cell("half steps, 300 items", HALF_STEPS, 300),
    Cell("0 to 100", HUNDRED, 100),
    Cell("0 to 1, mostly near 1", CEILING, 100),
    Cell("0 to 1, mostly near 1, 300 items", CEILING, 300),
    Cell("3% of the judge's scores far off", UNIT, 200, rare=0.03),
    Cell("60 questions of 4", HALF_STEPS, 240, together=4),
    Cell("20 questions of 10", HALF_STEPS, 200, together=10),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Coverage of the statistics of numeric answers.")
    parser.add_argument("--seeds", type=int, default=500)
    seeds = parser.parse_args().seeds
    start = time.perf_counter()
    console = Console(stderr=True)
    tallies = [measure(cell, seeds) for cell in track(CELLS, "scores", console=console, transient=True)]
    tallies += [repeated(items, seeds) for items in (20, 60)]
    tallies += [sets(items, seeds) for items in (20, 50, 150)]
    show("Numeric answers", tallies)
    seconds = round(time.perf_counter() - start, 1)
    print(json.dumps({"seeds": seeds, "coverage": summary(tallies), "seconds": seconds}))


def draw(cell: Cell, items: int, rng: np.random.Generator) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Judge's and people's ratings, and clusters."""
    cluster = np.arange(items) // cell.together
    shared = rng.normal(size=(cluster[-1] + 1, 2))[cluster]
    own = rng.normal(size=(items, 2))
    worth, error = ((shared + own) / np.sqrt(2)).T if cell.together > 1 else own.T
    truth = cell.scale.middle + cell.scale.spread * worth
    judge = truth + cell.scale.spread * (0.3 + 0.6 * error)
    judge = np.where(rng.random(items) < cell.rare, cell.scale.lowest, judge)
    people = truth + cell.scale.spread * 0.5 * rng.normal(size=items)
    return cell.scale.rounded(judge), cell.scale.rounded(people), cluster


def measure(cell: Cell, seeds: int) -> Tally:
    judge, people, _ = draw(cell, POPULATION, np.random.default_rng(10**6))
    difference, (spread, shared) = judge - people, np.cov(judge, people, ddof=0)[0]
    slope = shared / spread
    concordance = 2 * shared / (spread + people.var() + difference.mean() ** 2)
    reach = NORMAL * difference.std()
    tally = Tally(cell.name)
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        j, p, cluster = draw(cell, cell.items, rng)
        limits = limits_of_agreement(j, p, clusters=cluster)
        tally.add("bias", limits.bias, difference.mean())
        tally.add("spread", limits.spread, difference.std())
        tally.add("limits of agreement", limits.low, difference.mean() - reach)
        tally.add("limits of agreement", limits.high, difference.mean() + reach)
        line = calibration_line(j, p, clusters=cluster)
        tally.add("slope", line.slope, slope)
        tally.add("intercept", line.intercept, people.mean() - slope * judge.mean())
        tally.add("concordance", lin_concordance(j, p, clusters=cluster), concordance)
        table = np.column_stack([j, p])
        tally.add("intraclass correlation", intraclass_correlation(table, clusters=cluster), concordance)
        many = 5 * cell.items
        j, p, cluster = draw(cell, many, rng)
        chosen = rng.permutation(cluster[-1] + 1) < LABELLED * (cluster[-1] + 1)
        means = corrected_mean(
            np.where(chosen[cluster], p, np.nan),
            j,
            lowest=cell.scale.lowest,
            highest=cell.scale.highest,
            cluster=cluster,
        )
        tally.add("mean, people", means.human, people.mean())
        tally.add("mean, corrected", means.corrected, people.mean())
    return tally


def repeated(items: int, seeds: int) -> Tally:
    """One to five differences an item, half of the variance between items."""
    tally = Tally(f"{items} items of 1 to 5 ratings")
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        item = np.repeat(np.arange(items), rng.integers(1, 6, items))
        judge = 0.3 + rng.normal(0, 0.5, items)[item] + rng.normal(0, 0.5, item.size)
        limits = limits_of_agreement(judge, np.zeros(item.size), item=item)
        tally.add("bias", limits.bias, 0.3)
        tally.add("spread", limits.spread, np.sqrt(0.5))
        tally.add("limits of agreement", limits.low, 0.3 - NORMAL * np.sqrt(0.5))
        tally.add("limits of agreement", limits.high, 0.3 + NORMAL * np.sqrt(0.5))
    return tally


def sets(items: int, seeds: int) -> Tally:
    """Three raters, who turn each of six labels of an item round in 12% of the cases."""
    tally = Tally(f"sets of labels, {items} items")
    chances = np.array([0.5, 0.3, 0.3, 0.2, 0.1, 0.1])
    labels = tuple("abcdef")

    def given(count: int, rng: np.random.Generator) -> tuple[GivenLabels, NDArray[np.int64]]:
        truth = rng.random((count, 1, 6)) < chances
        said = truth ^ (rng.random((count, 3, 6)) < 0.12)
        table = sparse.csr_array(said.reshape(-1, 6).astype(np.float64))
        return GivenLabels(labels, table), np.repeat(np.arange(count), 3)

    distances: tuple[SetDistance, ...] = ("masi", "jaccard")
    for distance in distances:
        truth = set_alpha(*given(60_000, np.random.default_rng(10**6)), distance=distance).value
        assert truth is not None
        for seed in range(seeds):
            alpha = set_alpha(*given(items, np.random.default_rng(seed)), distance=distance)
            tally.add(f"alpha, {distance}", alpha, truth)
    return tally


if __name__ == "__main__":
    main()
