"""How often does a judge get which verdict: bad ones, ones at the margin, useless ones, good ones, many at once?

`.venv/bin/python bench/verdict.py [--seeds 60] [--only TEXT]`. In each simulated campaign people label the items, and
so does the judge. A row says how often (in %) the raw alternative annotator test passed and each verdict was given,
what the limit on a share is, and whether the share of the seeds keeps to it, or lies off it by chance (within two
standard errors). In rows with several judges a campaign counts once: by its best verdict. The last line is a JSON
object.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from perg.stats.base.resampling import Draws
from perg.stats.judges.assessment import Scale, assess_judge
from perg.stats.judges.verdict import CODES
from perg.stats.ratings.ratings import BINARY, SCALE, RatingTable

Values = NDArray[np.float64]
Rater = Callable[[Values, np.random.Generator], Values]
Draw = Callable[[int, np.random.Generator], Values]

REPLACE, CORRECT, SKILLED, DISTRUST, TOO_FEW = CODES.values()
LABELS = (0.8, 0.1, 0.1)
RESAMPLES = 300


@dataclass(frozen=True)
class Case:
    """A kind of campaign.

    Attributes:
        truth: draws the true ratings (n,). person, judge: give theirs to the truth.
        judges: that are tried at once, all alike. per_item: how many of the people label an item; None: all.
        cluster: items that share a question, and a draw of whether the judge errs on them.
        limit: bounds on a share of campaigns; `of` are the codes that count.
    """

    name: str
    items: int
    people: int
    truth: Draw
    person: Rater
    judge: Rater
    limit: tuple[str, float]
    of: tuple[str, ...] = (REPLACE,)
    scale: Scale = "nominal"
    categories: tuple[float, ...] = BINARY
    epsilon: float = 0.2
    judges: int = 1
    per_item: int | None = None
    cluster: int = 1
    more: float = 1.0


def failing(rate: float) -> Draw:
    """0 = failed, at this rate."""
    return lambda n, rng: (rng.random(n) >= rate).astype(float)


def finds(sensitivity: float, false_alarms: float) -> Rater:
    def rater(truth: Values, rng: np.random.Generator) -> Values:
        return (rng.random(truth.size) >= np.where(truth == 0, sensitivity, false_alarms)).astype(float)

    return rater


def labels(shares: tuple[float, ...]) -> Draw:
    return lambda n, rng: rng.choice(len(shares), n, p=shares).astype(float)


def mislabels(error: float, size: int) -> Rater:
    """Another label, any of them, with this error."""

    def rater(truth: Values, rng: np.random.Generator) -> Values:
        other = (truth + rng.integers(1, size, truth.size)) % size
        return np.where(rng.random(truth.size) < error, other, truth)

    return rater


def scores(n: int, rng: np.random.Generator) -> Values:
    return rng.choice(SCALE, n, p=(0.1, 0.15, 0.2, 0.25, 0.3))


def off_by(spread: float) -> Rater:
    return lambda truth, rng: np.clip(np.round(truth + rng.normal(0, spread, truth.size)), 1, 5)


def constant(truth: Values, rng: np.random.Generator) -> Values:
    return np.ones(truth.size)


def cases() -> Iterator[Case]:
    good, most, few = finds(0.85, 0.05), ("<=", 0.05), ("<=", 0.01)
    for people in (3, 5):
        for rate in (0.1, 0.2, 0.3, 0.5):
            for items in (100, 200, 500):
                name = f"finds 50%, people 85%, {rate:.0%} fail"
                yield Case(name, items, people, failing(rate), good, finds(0.5, 0.05), most)
    for people in (3, 5):
        for rate in (0.1, 0.3):
            for items in (100, 200, 500):
                name = f"at the margin (65%), {rate:.0%} fail"
                yield Case(name, items, people, failing(rate), good, finds(0.65, 0.05), most, more=4)
    yield Case(
        "at the margin, false alarms, 30% fail", 200, 3, failing(0.3), good, finds(0.85, 0.25), most, more=4
    )
    for people in (3, 5):
        for items in (200, 500):
            name = "as good as people, 30% fail"
            yield Case(name, items, people, failing(0.3), good, good, (">=", 0.8), more=2)
    yield Case(
        "as good as people (90/10), 30% fail",
        200,
        3,
        failing(0.3),
        finds(0.9, 0.1),
        finds(0.9, 0.1),
        (">=", 0.8),
    )
    yield Case(
        "as good as people (85/10), 30% fail",
        200,
        3,
        failing(0.3),
        finds(0.85, 0.1),
        finds(0.85, 0.1),
        (">=", 0.8),
    )
    for items in (100, 200, 500):
        name = "labels 80/10/10, judge κ 0.38"
        yield Case(
            name, items, 3, labels(LABELS), mislabels(0.08, 3), mislabels(0.31, 3), most, categories=(0, 1, 2)
        )
    yield Case(
        "labels, as good as people",
        200,
        3,
        labels(LABELS),
        mislabels(0.08, 3),
        mislabels(0.08, 3),
        (">=", 0.8),
        categories=(0, 1, 2),
    )
    for items in (100, 200, 500):
        name = "scores 1–5 uncut, twice the spread"
        yield Case(name, items, 3, scores, off_by(0.6), off_by(1.4), most, scale="ordinal", categories=SCALE)
    yield Case(
        "scores 1–5 uncut, as good as people",
        200,
        3,
        scores,
        off_by(0.6),
        off_by(0.6),
        (">=", 0.8),
        scale="ordinal",
        categories=SCALE,
    )
    for name, rate, judge in (
        ("constant", 0.1, constant),
        ("coin", 0.3, finds(0.5, 0.5)),
        ("coin of 30%", 0.3, finds(0.3, 0.3)),
        ("99% followed at random", 0.1, finds(0.01, 0.01)),
    ):
        for items in (100, 500):
            yield Case(
                f"useless: {name}",
                items,
                3,
                failing(rate),
                finds(0.9, 0.1),
                judge,
                few,
                of=(REPLACE, CORRECT),
                more=4,
            )
    for rate in (0.2, 0.3, 0.4):
        for skill in (0.0, 0.05, 0.1):
            name = f"informedness {skill:g}, {rate:.0%} fail"
            yield Case(name, 300, 3, failing(rate), finds(0.9, 0.1), finds(0.3 + skill, 0.3), few)
    for name, rate, judge in (("coins", 0.3, finds(0.5, 0.5)), ("99% followed", 0.1, finds(0.01, 0.01))):
        yield Case(
            f"twenty at once: {name}",
            200,
            3,
            failing(rate),
            finds(0.9, 0.1),
            judge,
            most,
            of=(REPLACE, CORRECT),
            judges=20,
            more=0.4,
        )
    yield Case(
        "twenty at once, at the margin, 30% fail",
        200,
        3,
        failing(0.3),
        good,
        finds(0.65, 0.05),
        most,
        judges=20,
        more=0.4,
    )
    for rate in (0.1, 0.3):
        yield Case(
            f"two people, finds 50%, {rate:.0%} fail", 200, 2, failing(rate), good, finds(0.5, 0.05), most
        )
        yield Case(
            f"two people, at the margin, {rate:.0%} fail",
            500,
            2,
            failing(rate),
            good,
            finds(0.65, 0.05),
            most,
            more=2,
        )
        yield Case(
            f"3 of 6 people, at the margin, {rate:.0%} fail",
            300,
            6,
            failing(rate),
            good,
            finds(0.65, 0.05),
            most,
            per_item=3,
            more=2,
        )
        yield Case(
            f"40 questions of 10, finds 50%, {rate:.0%} fail",
            400,
            3,
            failing(rate),
            good,
            finds(0.5, 0.05),
            most,
            cluster=10,
        )
    yield Case(
        "10 questions of 20, at the margin, 30% fail",
        200,
        3,
        failing(0.3),
        good,
        finds(0.65, 0.05),
        most,
        cluster=20,
        more=2,
    )
    yield Case("two people, as good as people, 30% fail", 500, 2, failing(0.3), good, good, (">=", 0.8))


COLUMNS = {
    REPLACE: "replace",
    CORRECT: "correct",
    SKILLED: "skilled",
    DISTRUST: "distrust",
    TOO_FEW: "too few",
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Judges of all kinds, before the verdict.")
    parser.add_argument(
        "--seeds", type=int, default=40, help="campaigns a row; rows near their limit get more"
    )
    parser.add_argument("--only", default="", help="rows whose name has this text")
    arguments = parser.parse_args()
    names = "".join(f"{name:>9}" for name in COLUMNS.values())
    print(f"{'judge':46}{'items':>6}{'people':>7}{'seeds':>6}{'raw':>6}{names}  limit")
    rows = []
    for case in cases():
        if arguments.only not in case.name:
            continue
        started = time.perf_counter()
        seeds = max(round(arguments.seeds * case.more), 1)
        raw, codes = simulate(case, seeds)
        share = sum(codes[code] for code in case.of) / seeds
        keeps = _keeps(share, case.limit, seeds)
        counts = "".join(f"{100 * codes[code] / seeds:9.1f}" for code in COLUMNS)
        limit = f"{'+'.join(COLUMNS[code] for code in case.of)} {case.limit[0]} {case.limit[1]:.0%}: {keeps}"
        head = f"{case.name:46}{case.items:6d}{case.people:7d}{seeds:6d}"
        print(f"{head}{100 * raw / seeds:6.1f}{counts}  {limit}", flush=True)
        rows.append(
            {
                "judge": case.name,
                "items": case.items,
                "people": case.people,
                "judges": case.judges,
                "seeds": seeds,
                "raw_test_passed": raw,
                "verdicts": dict(codes),
                "share": share,
                "limit": [*case.limit, list(case.of)],
                "keeps": keeps,
                "seconds": round(time.perf_counter() - started, 1),
            }
        )
    print(json.dumps({"seeds": arguments.seeds, "rows": rows}))


def _keeps(share: float, limit: tuple[str, float], seeds: int) -> str:
    side, bound = limit
    off = share - bound if side == "<=" else bound - share
    if off <= 0:
        return "yes"
    return "by chance" if off <= 2 * (bound * (1 - bound) / seeds) ** 0.5 else "no"


def simulate(case: Case, seeds: int) -> tuple[int, Counter[str]]:
    """In how many campaigns the raw test passed for some judge, and how often each was the best verdict."""
    raw, codes = 0, Counter[str]()
    order = list(CODES.values())
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        truth = case.truth(case.items, rng)
        values = np.column_stack([case.person(truth, rng) for _ in range(case.people)])
        if case.per_item is not None:
            chosen = rng.permuted(np.tile(np.arange(case.people), (case.items, 1)), axis=1)
            values[chosen >= case.per_item] = np.nan
        names = tuple(f"p{i}" for i in range(case.people))
        humans = RatingTable(tuple(range(case.items)), names, values, case.categories)
        clusters = np.arange(case.items) // case.cluster if case.cluster > 1 else None
        assessed = [
            assess_judge(
                humans,
                _clustered(case, truth, rng),
                scale=case.scale,
                epsilon=case.epsilon,
                judges=case.judges,
                draws=Draws(rng=rng, clusters=clusters, resamples=RESAMPLES),
            )
            for _ in range(case.judges)
        ]
        raw += any(one.alternative_annotator_test.passed for one in assessed)
        codes[min((one.verdict.code for one in assessed), key=order.index)] += 1
    return raw, codes


def _clustered(case: Case, truth: Values, rng: np.random.Generator) -> Values:
    """The judge's ratings; where items share a question, half of them are drawn question by question."""
    ratings = case.judge(truth, rng)
    if case.cluster == 1:
        return ratings
    question = np.arange(truth.size) // case.cluster
    of_question = np.array(
        [case.judge(np.full(1, side), rng)[0] for side in (0.0, 1.0) for _ in range(question[-1] + 1)]
    )
    shared = of_question.reshape(2, -1)[truth.astype(int), question]
    return np.where(rng.random(truth.size) < 0.5, shared, ratings)


if __name__ == "__main__":
    main()
