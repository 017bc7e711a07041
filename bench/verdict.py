"""Does the verdict reject judges without skill that the alternative annotator test lets pass, and keep good ones?

`.venv/bin/python bench/verdict.py [--seeds 100] [--items 200] [--people 3]`. In each simulated campaign people label
every item, with the error rate of the row, and so does one judge. The raw test runs at the epsilon of the row. A row
says in how many campaigns the raw test passed and what the verdicts were. The last line is a JSON object.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from annotations.agreement.assessment import assess_judge
from annotations.agreement.ratings import BINARY, RatingTable

KINDS = (
    "may replace a human annotator",
    "may be used with correction",
    "not trustworthy here",
    "not enough labels yet",
)


@dataclass(frozen=True)
class Case:
    """Prevalence is of "followed"; the judge is given the truth (n,) and draws its verdicts."""

    name: str
    prevalence: float
    human_error: float
    judge: Callable[[np.ndarray, np.random.Generator], np.ndarray]
    skilled: bool
    epsilon: float = 0.2


def noisy(error: float) -> Callable[[np.ndarray, np.random.Generator], np.ndarray]:
    return lambda truth, rng: np.where(rng.random(truth.size) < error, 1 - truth, truth)


def biased(sensitivity: float, specificity: float) -> Callable[[np.ndarray, np.random.Generator], np.ndarray]:
    def judge(truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        failed = rng.random(truth.size) < np.where(truth == 0, sensitivity, 1 - specificity)
        return (~failed).astype(float)

    return judge


CASES = (
    Case("constant, 90% followed", 0.9, 0.1, lambda truth, rng: np.ones(truth.size), skilled=False),
    Case("constant, 90% followed, crowd ε", 0.9, 0.1, lambda truth, rng: np.ones(truth.size), False, 0.1),
    Case("coin, people 30% wrong", 0.5, 0.3, noisy(0.5), skilled=False),
    Case("coin, people 30% wrong, 70% followed", 0.7, 0.3, noisy(0.5), skilled=False),
    Case("99% followed at random, 90% followed", 0.9, 0.1, biased(0.01, 0.99), skilled=False),
    Case("finds 20%, 90% followed", 0.9, 0.05, biased(0.2, 0.99), skilled=True),
    Case("as good as people, 90% followed", 0.9, 0.1, noisy(0.1), skilled=True),
    Case("as good as people, 50% followed", 0.5, 0.1, noisy(0.1), skilled=True),
    Case("weak (J = 0.4), people 10% wrong", 0.5, 0.1, biased(0.7, 0.7), skilled=True),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Judges with and without skill, before the verdict.")
    parser.add_argument("--seeds", type=int, default=100, help="simulated campaigns a row")
    parser.add_argument("--items", type=int, default=200, help="labelled items a campaign")
    parser.add_argument("--people", type=int, default=3, help="people a campaign, who all label all items")
    arguments = parser.parse_args()
    print(f"{'judge':40}{'raw test':>9}{'replace':>9}{'correct':>9}{'distrust':>9}{'too few':>9}{'s':>7}")
    rows = []
    for case in CASES:
        started = time.perf_counter()
        raw, kinds = simulate(case, arguments.seeds, arguments.items, arguments.people)
        took = time.perf_counter() - started
        counts = "".join(f"{kinds[kind]:9d}" for kind in KINDS)
        print(f"{case.name:40}{raw:9d}{counts}{took:7.1f}", flush=True)
        rejected = kinds[KINDS[2]] + kinds[KINDS[3]]
        rows.append(
            {
                "judge": case.name,
                "skilled": case.skilled,
                "epsilon": case.epsilon,
                "raw_test_passed": raw,
                "rejected": rejected,
                "verdicts": dict(kinds),
            }
        )
    print(json.dumps({"seeds": arguments.seeds, "items": arguments.items, "rows": rows}))


def simulate(case: Case, seeds: int, items: int, people: int) -> tuple[int, Counter[str]]:
    """In how many campaigns the raw test passed, and how often each verdict was given."""
    raw, kinds = 0, Counter[str]()
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        truth = (rng.random(items) < case.prevalence).astype(float)
        labels = np.column_stack([noisy(case.human_error)(truth, rng) for _ in range(people)])
        names = tuple(f"p{i}" for i in range(people))
        humans = RatingTable(tuple(range(items)), names, labels, BINARY)
        judge = case.judge(truth, rng)
        found = assess_judge(humans, judge, scale="nominal", epsilon=case.epsilon, rng=rng)
        raw += found.alternative.passed is True
        kinds[found.verdict.kind] += 1
    return raw, kinds


if __name__ == "__main__":
    main()
