"""How often the 95% intervals outside corrected rates hold the truth, and whether p-values say the same.

`.venv/bin/python bench/intervals.py [--campaigns 400]`. Cells:

- shares over 5 to 50 questions of equal and of unequal sizes (`proportion`), rates 0.02 to 0.5;
- means of skewed amounts over as few questions (`mean`);
- alpha of two people where 1 to 10% of the ratings are the rarer one (`krippendorff_alpha`);
- differences of two runs that differ on 3 to 20 items, alone or in questions (`paired_difference`);
- differences of two judges by accuracy and informedness, on as many (`compare_judges`).

A cell is right where it covers 93 to 97%, or where campaigns are warned; intervals that are too wide are counted as
right, and shown. "against" is the share of campaigns in which the interval and p contradict each other at 5%. A
campaign without an interval counts for neither; `none` is their share. The last line is JSON.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from perg.stats.base.estimate import Estimate
from perg.stats.base.means import mean
from perg.stats.base.proportions import proportion
from perg.stats.base.resampling import Draws
from perg.stats.measures.alpha import krippendorff_alpha
from perg.stats.measures.comparison import Statistic, compare_judges
from perg.stats.ratings.ratings import BINARY, RatingTable
from perg.stats.runs.paired_runs import PairedRatio, paired_difference

LEAST, MOST = 0.93, 0.97
OFTEN = 0.5
RESAMPLES = 500

Campaign = Callable[[np.random.Generator], tuple[Estimate, float | None]]


@dataclass(frozen=True, slots=True)
class Cell:
    """What is simulated: a name, the truth, and one campaign's estimate with its p-value."""

    name: str
    truth: float
    campaign: Campaign


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one cell: coverage among campaigns with an interval, of the warned and of the others, and the shares."""

    name: str
    covered: float | None
    covered_unwarned: float | None
    warned: float
    none: float
    against: float

    @property
    def right(self) -> bool:
        """Whether the cell covers, or most of its campaigns are warned, and no interval contradicts its p-value."""
        covers = self.covered is None or self.covered >= LEAST or self.warned >= OFTEN
        return covers and self.against == 0


def main() -> None:
    parser = argparse.ArgumentParser(description="Coverage of intervals outside corrected rates.")
    parser.add_argument("--campaigns", type=int, default=400, help="a cell")
    parser.add_argument("--only", default="", help="cells whose name starts so")
    arguments = parser.parse_args()
    started = time.perf_counter()
    print(f"{'cell':66}{'covered':>9}{'unwarned':>9}{'warned':>8}{'none':>6}{'against':>8}")
    outcomes = []
    for cell in cells():
        if not cell.name.startswith(arguments.only):
            continue
        outcome = measure(cell, arguments.campaigns)
        outcomes.append(outcome)
        mark = " " if outcome.right else "*"
        print(
            f"{outcome.name:66}{shown(outcome.covered):>9}{shown(outcome.covered_unwarned):>9}"
            f"{outcome.warned:8.2f}{outcome.none:6.2f}{outcome.against:8.3f}{mark}",
            flush=True,
        )
    defined = [outcome for outcome in outcomes if outcome.covered is not None]
    print(
        json.dumps(
            {
                "cells": len(outcomes),
                "covered_or_warned": sum(outcome.right for outcome in outcomes),
                "below_93": sum((outcome.covered or 0) < LEAST for outcome in defined),
                "above_97": sum((outcome.covered or 0) > MOST for outcome in defined),
                "worst_unwarned": min(
                    (
                        outcome.covered_unwarned
                        for outcome in defined
                        if outcome.covered_unwarned is not None and outcome.warned < OFTEN
                    ),
                    default=None,
                ),
                "most_against": max(outcome.against for outcome in outcomes),
                "wrong": [asdict(outcome) for outcome in outcomes if not outcome.right],
                "seconds": round(time.perf_counter() - started, 1),
            }
        )
    )


def shown(share: float | None) -> str:
    return "–" if share is None else f"{share:.3f}"


def measure(cell: Cell, campaigns: int) -> Outcome:
    covered, warned, against = [], [], 0
    any_warning = 0
    for seed in range(campaigns):
        estimate, p_value = cell.campaign(np.random.default_rng(seed))
        any_warning += bool(estimate.warnings) or estimate.value is None
        if estimate.low is None or estimate.high is None:
            continue
        covered.append(estimate.low - 1e-12 <= cell.truth <= estimate.high + 1e-12)
        warned.append(bool(estimate.warnings))
        if p_value is not None:
            against += (estimate.low > 0 or estimate.high < 0) != (p_value < 0.05)
    hits, flags = np.array(covered), np.array(warned, dtype=bool)
    return Outcome(
        cell.name,
        float(hits.mean()) if hits.size else None,
        float(hits[~flags].mean()) if (~flags).sum() >= 50 else None,
        any_warning / campaigns,
        1 - hits.size / campaigns,
        against / campaigns,
    )


def cells() -> Iterator[Cell]:
    for questions in (5, 10, 20, 50):
        for kind in ("equal", "unequal", "very unequal"):
            sizes = question_sizes(questions, kind)
            for rate in (0.02, 0.1, 0.3, 0.5):
                for correlation in (0.2, 1.0):
                    name = f"share: {questions} questions, {kind}, rate {rate}, correlation {correlation}"
                    yield Cell(name, rate, of_share(sizes, rate, correlation))
            yield Cell(f"mean: {questions} questions, {kind}", float(np.exp(0.5)), of_mean(sizes))
    for items in (50, 100, 300):
        for rare in (0.01, 0.03, 0.05, 0.1, 0.3):
            yield Cell(f"alpha: {items} items, {rare:.0%} rarer", *of_alpha(items, rare))
    for discordant in (3, 5, 10, 20):
        for balance in (0.5, 0.8):
            for size in (1, 4):
                name = f"runs: {discordant} of 100 differ, {balance:.0%} one way, {size} a question"
                yield Cell(name, *of_runs(100, discordant / 100, balance, size))
                for statistic in ("accuracy", "informedness"):
                    name = (
                        f"judges, {statistic}: {discordant} of 100, {balance:.0%} one way, {size} a question"
                    )
                    yield Cell(name, *of_judges(100, discordant / 100, balance, size, statistic))
    for questions in (5, 10, 20):
        name = f"runs: 30% differ, 65% one way, {questions} questions of 5"
        yield Cell(name, *of_runs(5 * questions, 0.3, 0.65, 5))


def question_sizes(questions: int, kind: str) -> np.ndarray:
    if kind == "equal":
        return np.full(questions, 5)
    ends = (1, 9) if kind == "unequal" else (1, 30)
    spaced = np.linspace if kind == "unequal" else np.geomspace
    return np.round(spaced(*ends, questions)).astype(int)


def chances(questions: int, rate: float, correlation: float, rng: np.random.Generator) -> np.ndarray:
    if correlation >= 1:
        return (rng.random(questions) < rate).astype(float)
    total = (1 - correlation) / correlation
    return rng.beta(rate * total, (1 - rate) * total, size=questions)


def of_share(sizes: np.ndarray, rate: float, correlation: float) -> Campaign:
    clusters = np.repeat(np.arange(sizes.size), sizes)

    def campaign(rng: np.random.Generator) -> tuple[Estimate, None]:
        hits = rng.random(clusters.size) < chances(sizes.size, rate, correlation, rng)[clusters]
        return proportion(hits, clusters=clusters), None

    return campaign


def of_mean(sizes: np.ndarray) -> Campaign:
    clusters = np.repeat(np.arange(sizes.size), sizes)

    def campaign(rng: np.random.Generator) -> tuple[Estimate, None]:
        shared, own = rng.normal(size=sizes.size)[clusters], rng.normal(size=clusters.size)
        seconds = np.exp(np.sqrt(0.5) * (shared + own))
        return mean(seconds, draws=Draws(rng=rng, clusters=clusters, resamples=RESAMPLES), undefined=""), None

    return campaign


def of_alpha(items: int, rare: float) -> tuple[float, Campaign]:
    """Two people who each miss 20% of the rarer ratings, and give it falsely as often."""
    false = 0.2 * rare
    joint = rare * np.outer([0.2, 0.8], [0.2, 0.8]) + (1 - rare) * np.outer(
        [1 - false, false], [1 - false, false]
    )
    pairs = (joint + joint.T) / 2
    truth = float(1 - (1 - np.trace(pairs)) / (1 - np.sum(pairs.sum(axis=0) ** 2)))

    def campaign(rng: np.random.Generator) -> tuple[Estimate, None]:
        drawn = np.unravel_index(rng.choice(4, size=items, p=joint.ravel()), (2, 2))
        table = RatingTable(tuple(range(items)), ("a", "b"), np.column_stack(drawn).astype(float), BINARY)
        return krippendorff_alpha(table, "nominal", draws=Draws(rng=rng, resamples=RESAMPLES)), None

    return truth, campaign


def of_runs(items: int, differ: float, balance: float, size: int) -> tuple[float, Campaign]:
    """Run b is better on a share of items, run a on another; items of a question tend to go the same way."""
    clusters = np.arange(items) // size
    ones = np.ones(items)

    def campaign(rng: np.random.Generator) -> tuple[Estimate, float | None]:
        better, worse = discordant(items, clusters, differ, balance, rng)
        both = rng.random(items) < 0.6
        a = np.where(better, 0, np.where(worse, 1, both)).astype(float)
        b = np.where(better, 1, np.where(worse, 0, both)).astype(float)
        found = paired_difference(PairedRatio(a, ones, b, ones), clusters=clusters)
        return found.difference, found.p_value

    return differ * (2 * balance - 1), campaign


def of_judges(
    items: int, differ: float, balance: float, size: int, statistic: Statistic
) -> tuple[float, Campaign]:
    """Judge a is right where b is wrong on some items, and the other way round; both are right on 85% of the rest."""
    clusters = np.arange(items) // size

    def campaign(rng: np.random.Generator) -> tuple[Estimate, float | None]:
        reference = (rng.random(items) < 0.6).astype(float)
        better, worse = discordant(items, clusters, differ, balance, rng)
        both = rng.random(items) < 0.85
        right_a, right_b = (better | (~worse & both)), (worse | (~better & both))
        judges = {
            name: np.where(right, reference, 1 - reference)
            for name, right in (("a", right_a), ("b", right_b))
        }
        (found,) = compare_judges(
            reference, judges, BINARY, statistic, draws=Draws(rng=rng, clusters=clusters, resamples=RESAMPLES)
        )
        return found.difference, found.p_value

    truth = differ * (2 * balance - 1)  # of accuracy, and of the recall on either side of the reference
    return truth if statistic == "accuracy" else 2 * truth, campaign


def discordant(
    items: int, clusters: np.ndarray, differ: float, balance: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """On which items either side alone is right; half of the items of a question take their question's draw."""
    draws = rng.random(items)
    copied = (rng.random(items) < 0.5) & (np.bincount(clusters)[clusters] > 1)
    draws = np.where(copied, rng.random(items)[clusters], draws)
    return draws < differ * balance, (draws >= differ * balance) & (draws < differ)


if __name__ == "__main__":
    main()
