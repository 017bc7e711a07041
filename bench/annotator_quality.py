"""Do control items and leave-one-out agreement single out who labels badly, and nobody else?

`.venv/bin/python bench/annotator_quality.py [--seeds 100 --tasks 600 --controls 20]`. Simulated campaigns: eight people
who get 5% to 30% of the responses wrong (a wrong score is any of the other four), one who answers at random, one who
always says 5; three people on a response; the suggested bars. Once all at the end, and once as the platform looks,
again and again as the labels come in. The last line is a JSON object.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from perg.stats.base.estimate import Estimate
from perg.stats.base.resampling import Draws
from perg.stats.raters import quality
from perg.stats.raters.quality import Bars

ERROR_RATES = (0.05, 0.08, 0.12, 0.15, 0.18, 0.22, 0.26, 0.30)
CARELESS, ALWAYS_FIVE = len(ERROR_RATES), len(ERROR_RATES) + 1
PEOPLE = len(ERROR_RATES) + 2
BAD = {CARELESS, ALWAYS_FIVE}
SHARES = (0.15, 0.12, 0.18, 0.25, 0.30)  # of the true scores, so that most responses follow the preference
OVERLAP = 3
LOOKS = 5
SUGGESTED = Bars(quality.DEFAULT_LOWEST_CONTROL_ACCURACY, quality.DEFAULT_LOWEST_AGREEMENT)

Scores = NDArray[np.int64]


@dataclass(frozen=True)
class Campaign:
    """A simulated campaign: labels in the order in which they came, and everybody's answers to the control items."""

    tasks: Scores
    people: Scores
    scores: Scores
    controls: NDArray[np.bool_]  # (people, controls): right?


def simulate(seed: int, *, tasks: int, controls: int) -> Campaign:
    rng = np.random.default_rng(seed)
    truth = rng.choice(np.arange(1, 6), size=tasks, p=SHARES)
    known = np.arange(controls) % 5 + 1
    given = np.stack([answers(person, truth, rng) for person in range(PEOPLE)])
    on_controls = np.stack([answers(person, known, rng) for person in range(PEOPLE)])
    who = np.argsort(rng.random((tasks, PEOPLE)), axis=1)[:, :OVERLAP]
    units, people = np.repeat(np.arange(tasks), OVERLAP), who.ravel()
    shuffled = np.array([rng.permutation(controls) for _ in range(PEOPLE)])
    right = np.take_along_axis(on_controls == known, shuffled, axis=1)
    return Campaign(units, people, given[people, units], right)


def answers(person: int, truth: Scores, rng: np.random.Generator) -> Scores:
    """What a person gives responses whose right scores are `truth`."""
    if person == ALWAYS_FIVE:
        return np.full(truth.size, 5)
    if person == CARELESS:
        return rng.integers(1, 6, truth.size)
    wrong = (truth - 1 + rng.integers(1, 5, truth.size)) % 5 + 1
    return np.where(rng.random(truth.size) < ERROR_RATES[person], wrong, truth)


def figures(campaign: Campaign, seen: float = 1.0) -> list[tuple[Estimate, Estimate]]:
    """Control accuracy and agreement of everybody once the first part `seen` of the campaign is labelled."""
    count = round(campaign.tasks.size * seen)
    tasks, people = campaign.tasks[:count], campaign.people[:count]
    scores = campaign.scores[:count].astype(np.float64)
    rest = quality.leave_one_out_medians(tasks, people, scores, np.ones(count, dtype=np.bool_))
    answered = round(campaign.controls.shape[1] * seen)
    return [
        (
            quality.control_accuracy(campaign.controls[person, :answered]),
            quality.agreement_with_rest(
                scores[people == person], rest[people == person], draws=Draws(rng=np.random.default_rng(0))
            ),
        )
        for person in range(PEOPLE)
    ]


def singled_out(
    everybody: list[tuple[Estimate, Estimate]], bars: Bars = SUGGESTED
) -> dict[int, tuple[str, ...]]:
    """People whose whole interval is below a threshold, and which."""
    below = {
        person: quality.surely_below_bars(accuracy, agreement, bars)
        for person, (accuracy, agreement) in enumerate(everybody)
    }
    return {person: names for person, names in below.items() if names}


def main() -> None:
    parser = argparse.ArgumentParser(description="Are the bad annotators singled out, and nobody else?")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--tasks", type=int, default=600)
    parser.add_argument("--controls", type=int, default=20)
    given = parser.parse_args()
    started = time.perf_counter()
    campaigns = [simulate(seed, tasks=given.tasks, controls=given.controls) for seed in range(given.seeds)]
    ends = [figures(campaign) for campaign in campaigns]
    table(ends)
    exact = sum(set(singled_out(end)) == BAD for end in ends)
    by_one = {
        name: sum({p for p, by in singled_out(end).items() if name in by} == BAD for end in ends)
        for name in ("control_accuracy", "agreement")
    }
    looking = [
        set().union(*(singled_out(figures(campaign, (look + 1) / LOOKS)) for look in range(LOOKS)))
        for campaign in campaigns
    ]
    found: dict[str, float] = {
        "seeds": given.seeds,
        "exactly_the_two": exact,
        "by_controls_alone": by_one["control_accuracy"],
        "by_agreement_alone": by_one["agreement"],
        "exactly_the_two_over_looks": sum(people == BAD for people in looking),
        "others_paused_over_looks": sum(len(people - BAD) for people in looking),
        "seconds": round(time.perf_counter() - started, 1),
    }
    print(f"The two and nobody else, at the end: {exact} of {given.seeds} campaigns")
    print(
        f"  by control items alone: {by_one['control_accuracy']}, by agreement alone: {by_one['agreement']}"
    )
    print(
        f"The same, looking {LOOKS} times on the way: {found['exactly_the_two_over_looks']} of {given.seeds}"
    )
    print(json.dumps(found))


def table(ends: list[list[tuple[Estimate, Estimate]]]) -> None:
    """Everybody's figures over the campaigns, and how often each is surely below a bar."""
    names = [f"{rate:.0%} wrong" for rate in ERROR_RATES] + ["at random", "always 5"]
    print(f"{'':>10}  {'control accuracy':>24}  {'agreement':>24}  below a bar")
    print(f"{'':>10}  {'mean, lowest upper end':>24}  {'mean, lowest upper end':>24}")
    below = [singled_out(end) for end in ends]
    for person, name in enumerate(names):
        cells = []
        for figure in (0, 1):
            values = [end[person][figure].value or 0.0 for end in ends]
            highs = [high for end in ends if (high := end[person][figure].high) is not None]
            cells.append(f"{np.mean(values):17.2f}, {min(highs):5.2f}")
        print(f"{name:>10}  {cells[0]}  {cells[1]}  {sum(person in each for each in below):11}")


if __name__ == "__main__":
    main()
