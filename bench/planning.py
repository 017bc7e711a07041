"""Does what the planners promise come? Each is simulated at its own answer.

`.venv/bin/python bench/planning.py [--pilots 40] [--campaigns 300] [--only "labels"]`. Parts:

- `labels`: labels for an interval of ± a half-width, by method; reached is the median half-width of the report's own
  intervals (`corrected_rates`) at the planned labels; right if it is within 5%, and a tenth fewer labels do not do;
- `test`: labelled items for 80% power of the alternative annotator test, planned from pilots of that size; reached
  is the mean share of campaigns of the planned size that pass, and right within 5 points or above the promise. Plans
  from single pilots are off, as their items are: shown as the middle 80% of plans. `refused`: pilots that get no plan;
- `compare`: items for 80% power to tell two judges apart, planned from that many labels; the same;
- `power`: the predicted power of a comparison beside the share of campaigns in which `compare_judges` names the better
  judge, or either of two equal ones at 5%;
- `baselines`: units on which a judge of some skill beats the baselines, and how often it then does.

A line marked * is off; with `warned` most plans say that the labels leave much open. The last line is JSON.
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from perg.stats.base.resampling import Draws
from perg.stats.correction.correction import corrected_rates
from perg.stats.estimators.judged_sample import JudgedSample
from perg.stats.items.annotator_test import Scoring
from perg.stats.judges.baselines import ChanceCorrected, beats_baselines, units_to_beat_baselines
from perg.stats.measures.comparison import Statistic, compare_judges
from perg.stats.planning.alternative_annotator_power import (
    LabelledPilot,
    units_for_alternative_annotator_test,
)
from perg.stats.planning.comparison_power import ComparisonModel
from perg.stats.planning.next_steps import FEWEST_RARER
from perg.stats.planning.planning import JudgedRun, Method, labels_for_interval
from perg.stats.ratings.ratings import BINARY, RatingTable

POINTS, SHARE = 0.05, 0.05
POWER = 0.8
LARGE = 10_000
"""Labelled items of a pilot that is nearly the truth."""


@dataclass(frozen=True, slots=True)
class Row:
    """A planner's answer in one cell, what it promised, and what came."""

    part: str
    cell: str
    planned: str
    promised: float | None
    reached: float | None
    right: bool
    warned: bool = False
    refused: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description="Planners simulated at their own answers.")
    parser.add_argument("--pilots", type=int, default=40, help="of each cell that is planned from labels")
    parser.add_argument("--campaigns", type=int, default=300, help="simulated at each answer")
    parser.add_argument("--only", default="", help="parts, separated by commas")
    arguments = parser.parse_args()
    parts = {
        "labels": of_labels(min(arguments.campaigns, 80)),
        "test": of_test(arguments.pilots, arguments.campaigns),
        "compare": of_comparison(5 * arguments.pilots),
        "power": of_power(arguments.campaigns),
        "baselines": of_baselines(arguments.campaigns),
    }
    chosen = arguments.only.split(",") if arguments.only else list(parts)
    started, rows = time.perf_counter(), []
    print(f"{'part':10}{'cell':74}{'planned':>16}{'promised':>9}{'reached':>8}{'refused':>8}")
    for part in chosen:
        for row in parts[part]:
            rows.append(row)
            marks = ("" if row.right else "*") + (" warned" if row.warned else "")
            print(
                f"{row.part:10}{row.cell:74}{row.planned:>16}{shown(row.promised):>9}{shown(row.reached):>8}"
                f"{row.refused:8.2f} {marks}",
                flush=True,
            )
    wrong = [asdict(row) for row in rows if not row.right]
    summary = {"rows": len(rows), "right": len(rows) - len(wrong), "wrong": wrong}
    print(json.dumps(summary | {"seconds": round(time.perf_counter() - started, 1)}))


def shown(number: float | None) -> str:
    return "–" if number is None else f"{number:.3f}"


LABEL_CELLS = (
    (0.05, JudgedRun(0.2, 0.8, 0.9, 2000)),
    (0.05, JudgedRun(0.2, 0.8, 0.9, 500)),
    (0.05, JudgedRun(0.3, 0.9, 0.9, 5000)),
    (0.03, JudgedRun(0.3, 0.9, 0.9, 1000)),
    (0.02, JudgedRun(0.03, 0.8, 0.95, 3000)),
    (0.02, JudgedRun(0.03, 0.5, 0.99, 600)),
    (0.12, JudgedRun(0.3, 0.6, 0.6, 3000)),
    (0.06, JudgedRun(0.5, 0.6, 0.6, 1000)),
)
METHODS: tuple[Method, ...] = get_args(Method)


def of_labels(campaigns: int) -> Iterator[Row]:
    for half_width, run in LABEL_CELLS:
        for method in METHODS:
            plan = labels_for_interval(half_width, run, method=method, rng=np.random.default_rng(0))
            labels = run.judged if plan.labels is None else plan.labels
            width = reported_half_width(run, labels, method, campaigns)
            right = width > half_width
            if plan.labels is not None:
                fewer = reported_half_width(run, math.ceil(0.9 * labels), method, campaigns)
                right = width <= half_width * (1 + SHARE) and fewer >= half_width
            name = (
                f"{method}, rate {run.failure_rate}, {run.sensitivity}/{run.specificity}, {run.judged} judged"
            )
            planned = f"none of {run.judged}" if plan.labels is None else str(plan.labels)
            yield Row("labels", name, planned, half_width, width, right)


def reported_half_width(run: JudgedRun, labels: int, method: Method, campaigns: int) -> float:
    widths = []
    for seed in range(campaigns):
        rng = np.random.default_rng(seed)
        failed = rng.random(run.judged) < run.failure_rate
        right = rng.random(run.judged) < np.where(failed, run.sensitivity, run.specificity)
        outcome = np.full(run.judged, np.nan)
        chosen = rng.choice(run.judged, size=labels, replace=False)
        outcome[chosen] = failed[chosen]
        rates = corrected_rates(JudgedSample.of(outcome, np.where(right, failed, ~failed).astype(float)))
        rate = {"human only": rates.human, "PPI++": rates.powered, "Rogan-Gladen": rates.rogan_gladen}[method]
        if rate.estimate.low is not None and rate.estimate.high is not None:
            widths.append((rate.estimate.high - rate.estimate.low) / 2)
    return float(np.median(widths)) if widths else math.inf


@dataclass(frozen=True, slots=True)
class Scores:
    """How people and the judge see a quality that items of one question partly share."""

    people: int
    levels: int
    noise: float
    of_judge: float
    missing: float
    cluster: int
    epsilon: float

    def campaign(self, n: int, rng: np.random.Generator) -> tuple[RatingTable, np.ndarray, np.ndarray]:
        clusters = np.arange(n) // self.cluster
        shared = rng.normal(size=n)[clusters] if self.cluster > 1 else 0
        own = rng.normal(size=n)
        quality = own if self.cluster == 1 else math.sqrt(0.5) * (shared + own)

        def scores(seen: np.ndarray) -> np.ndarray:
            top = self.levels - 1
            return np.clip(np.round(top / 2 + top / 4 * seen), 0, top)

        humans = scores(quality[:, np.newaxis] + self.noise * rng.normal(size=(n, self.people)))
        judge = scores(quality + self.of_judge * rng.normal(size=n))
        absent = rng.random(humans.shape) < self.missing
        absent[np.arange(n), np.arange(n) % self.people] &= ~absent.all(axis=1)
        humans[absent] = np.nan
        names = tuple(f"person {i}" for i in range(self.people))
        categories = tuple(float(level) for level in range(self.levels))
        return RatingTable(tuple(range(n)), names, humans, categories), judge, clusters

    def pilot(self, n: int, rng: np.random.Generator) -> LabelledPilot:
        humans, judge, clusters = self.campaign(n, rng)
        scoring: Scoring = "accuracy" if self.levels == 2 else "neg_rmse"
        return LabelledPilot(humans, judge, scoring=scoring, clusters=clusters)


SCORE_CELLS = (
    # people, levels, noise of people and of the judge, share missing, items a question, epsilon
    Scores(3, 5, 0.5, 0.55, 0.0, 1, 0.15),
    Scores(3, 5, 0.5, 0.7, 0.0, 1, 0.15),
    Scores(2, 11, 0.4, 0.45, 0.0, 1, 0.2),
    Scores(10, 11, 0.5, 0.5, 0.5, 1, 0.15),
    Scores(3, 5, 0.5, 0.5, 0.5, 1, 0.2),
    Scores(5, 5, 0.6, 0.7, 0.3, 4, 0.15),
    Scores(3, 2, 0.5, 0.5, 0.0, 1, 0.15),
    Scores(3, 5, 0.5, 1.2, 0.0, 1, 0.15),
)


def of_test(pilots: int, campaigns: int) -> Iterator[Row]:
    for cell in SCORE_CELLS:
        truth = cell.pilot(40_000, np.random.default_rng(10_000))
        shares = np.broadcast_to(truth.times / truth.times.sum(), (campaigns, truth.times.size))
        known: dict[int, float] = {}
        for items in (60, 150, 400, LARGE):
            plans, reached = [], []
            for seed in range(pilots if items < LARGE else max(pilots // 8, 1)):
                rng = np.random.default_rng(seed)
                plan = units_for_alternative_annotator_test(
                    cell.pilot(items, rng), epsilon=cell.epsilon, rng=rng
                )
                plans.append(plan)
                if plan.units is None:
                    continue
                if plan.units not in known:
                    flags = truth.passes(
                        plan.units,
                        shares,
                        epsilon=cell.epsilon,
                        rng=rng,
                    )
                    known[plan.units] = float(flags.mean())
                reached.append(known[plan.units])
            made = [plan for plan in plans if plan.units is not None]
            warned = sum(bool(plan.power.warnings) for plan in made) > len(made) / 2
            name = (
                f"pilot {items}: {cell.people} people, {cell.levels} levels, judge {cell.of_judge}/{cell.noise}, "
                f"missing {cell.missing}, by {cell.cluster}"
            )
            refused = 1 - len(made) / len(plans)
            if not made:
                yield Row("test", name, "none", None, None, right=True, refused=refused)
                continue
            promised = float(np.mean([plan.power.value for plan in made]))
            came = float(np.mean(reached))
            low, high = np.quantile([plan.units for plan in made], [0.1, 0.9])
            right = came >= promised - POINTS
            yield Row("test", name, f"{low:.0f} to {high:.0f}", promised, came, right, warned, refused)


@dataclass(frozen=True, slots=True)
class JudgeRates:
    """A judge's sensitivity (failures found) and specificity (followed cleared), both in [0, 1]."""

    sensitivity: float
    specificity: float

    def __post_init__(self) -> None:
        if not 0 <= self.sensitivity <= 1 or not 0 <= self.specificity <= 1:
            raise ValueError("sensitivity and specificity lie in [0, 1]")


def joint_of_rates(
    failure_rate: float, a: JudgeRates, b: JudgeRates, *, correlation: float = 0.0
) -> np.ndarray:
    """Shares of units by (people, A, B), shape (2, 2, 2), 0 = failed and 1 = followed; they add up to 1.

    `correlation` is that of the two judges' being right, among failures and among the rest: judges tend to stumble
    over the same units.

    Raises:
        ValueError: a failure rate outside [0, 1], or a correlation that these rates do not allow.
    """
    if not 0 <= failure_rate <= 1:
        raise ValueError("the failure rate lies in [0, 1]")
    joint = np.zeros((2, 2, 2))
    sides = ((failure_rate, a.sensitivity, b.sensitivity), (1 - failure_rate, a.specificity, b.specificity))
    for truth, (share, right_a, right_b) in enumerate(sides):
        both = right_a * right_b + correlation * math.sqrt(right_a * (1 - right_a) * right_b * (1 - right_b))
        cells = np.array([[1 - right_a - right_b + both, right_b - both], [right_a - both, both]])
        if cells.min() < -1e-12:
            raise ValueError("judges with these rates cannot be right together as often")
        right = cells.clip(0) if truth == 1 else cells.clip(0)[::-1, ::-1]
        joint[truth] = share * right
    return joint


PAIRS = (
    # failure rate, judge A, judge B, correlation of their being right
    (0.3, JudgeRates(0.90, 0.95), JudgeRates(0.75, 0.85), 0.3),
    (0.1, JudgeRates(0.85, 0.95), JudgeRates(0.60, 0.90), 0.2),
    (0.03, JudgeRates(0.80, 0.95), JudgeRates(0.50, 0.90), 0.0),
    (0.5, JudgeRates(0.80, 0.80), JudgeRates(0.70, 0.70), 0.0),
    (0.3, JudgeRates(0.60, 0.60), JudgeRates(0.50, 0.50), 0.0),
)


def of_comparison(pilots: int) -> Iterator[Row]:
    for rate, a, b, correlation in PAIRS:
        joint = joint_of_rates(rate, a, b, correlation=correlation)
        truth = ComparisonModel.of_shares(joint, "informedness")
        for labelled in (60, 150, 400):
            units, powers, refused = [], [], 0
            for seed in range(pilots):
                reference, first, second = ratings_of(joint, labelled, np.random.default_rng(seed))
                if min((reference == 0).sum(), (reference == 1).sum()) < FEWEST_RARER:
                    refused += 1
                    continue
                model = ComparisonModel.of_ratings(reference, first, second, BINARY, "informedness")
                planned = model.units_given_labels(labelled)
                if planned is None:
                    refused += 1
                    continue
                units.append(planned)
                powers.append(truth.power(planned))
            name = f"{labelled} labels: rate {rate}, {rates(a)} and {rates(b)}, correlation {correlation}"
            if len(units) < pilots / 10:
                yield Row("compare", name, "none", None, None, right=True, refused=refused / pilots)
                continue
            low, high = np.quantile(units, [0.1, 0.9])
            came = float(np.mean(powers))
            right = abs(came - POWER) <= POINTS
            yield Row(
                "compare", name, f"{low:.0f} to {high:.0f}", POWER, came, right, refused=refused / pilots
            )


def of_power(campaigns: int) -> Iterator[Row]:
    cells = [(*pair, units) for pair in PAIRS for units in (100, 300)]
    cells.append((0.3, JudgeRates(0.8, 0.85), JudgeRates(0.8, 0.85), 0.3, 200))
    statistics: tuple[Statistic, ...] = ("informedness", "alpha", "accuracy")
    for rate, a, b, correlation, units in cells:
        joint = joint_of_rates(rate, a, b, correlation=correlation)
        for statistic in statistics:
            predicted = 0.05 if a == b else ComparisonModel.of_shares(joint, statistic).power(units)
            named = 0
            for seed in range(campaigns):
                rng = np.random.default_rng(seed)
                reference, first, second = ratings_of(joint, units, rng)
                (found,) = compare_judges(
                    reference,
                    {"a": first, "b": second},
                    BINARY,
                    statistic,
                    draws=Draws(rng=rng, resamples=300),
                )
                if found.p_value is not None and found.p_value < 0.05 and found.difference.value is not None:
                    named += a == b or found.difference.value > 0
            came = named / campaigns
            error = 2 * math.sqrt(max(predicted * (1 - predicted), 0.01) / campaigns)
            name = f"{statistic}: rate {rate}, {rates(a)} and {rates(b)}, correlation {correlation}"
            yield Row(
                "power", name, f"{units} units", predicted, came, abs(came - predicted) <= POINTS + error
            )


def of_baselines(campaigns: int) -> Iterator[Row]:
    cells: list[tuple[float, float | None, int, ChanceCorrected]] = [
        (skill, failures, 2, "informedness") for skill in (0.2, 0.5, 0.8) for failures in (0.03, 0.1, 0.3)
    ]
    cells += [(skill, None, size, "cohen_kappa") for skill in (0.2, 0.5) for size in (2, 4)]
    cells += [(skill, None, size, "quadratic_kappa") for skill in (0.2, 0.5) for size in (5, 11)]
    for skill, failures, size, statistic in cells:
        units = units_to_beat_baselines(skill, failures, categories=size if statistic == "cohen_kappa" else 2)
        passed = 0
        for seed in range(campaigns):
            rng = np.random.default_rng(seed)
            if failures is None:
                reference = rng.integers(0, size, size=units).astype(float)
                judge = np.where(rng.random(units) < skill, reference, rng.integers(0, size, size=units))
            else:
                reference = (rng.random(units) >= failures).astype(float)
                judge = np.where(rng.random(units) < (1 + skill) / 2, reference, 1 - reference)
            tests = beats_baselines(
                judge,
                reference,
                tuple(float(i) for i in range(size)),
                statistic,
                draws=Draws(rng=rng, resamples=300),
                permutations=500,
            )
            passed += all(test.beaten for test in tests)
        came = passed / campaigns
        error = 2 * math.sqrt(POWER * (1 - POWER) / campaigns)
        name = f"{statistic}, skill {skill}, " + (
            f"{size} labels" if failures is None else f"rate {failures}"
        )
        yield Row("baselines", name, f"{units} units", POWER, came, abs(came - POWER) <= POINTS + error)


def ratings_of(joint: np.ndarray, units: int, rng: np.random.Generator) -> list[np.ndarray]:
    drawn = np.unravel_index(rng.choice(joint.size, size=units, p=joint.ravel()), joint.shape)
    return [codes.astype(float) for codes in drawn]


def rates(judge: JudgeRates) -> str:
    return f"{judge.sensitivity:.2f}/{judge.specificity:.2f}"


if __name__ == "__main__":
    main()
