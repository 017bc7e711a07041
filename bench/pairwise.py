"""Do the intervals of win rates and strengths hold their level, and is a position bias seen only where there is one?

`.venv/bin/python bench/pairwise.py [--seeds 500]`. Six systems of known strengths are compared by three people and by a
judge, who sees them in a drawn order, likes one system too much, and in some cells prefers what is shown first. Each
cell changes one thing: few votes, few questions, questions on which systems differ, strong ties, unequal numbers of
comparisons, two systems far from the rest, people who differ. Where the model does not hold (ties, people and questions
that differ), the true strengths are those fitted to 400,000 votes.

The tables show how often the 95% intervals hold the truth, over all systems or pairs and seeds, with a star where
that is not 93 to 97% of them, and how many come with a warning; then how often a judge is called biased. The last
line is JSON.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.special import expit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.coverage_tally import Tally, show, summary
from perg.stats.base.estimate import Estimate
from perg.stats.pairwise.answers import BOTH_BAD, FIRST, SECOND, TIE, ShownAnswers
from perg.stats.pairwise.corrected_strengths import corrected_strengths
from perg.stats.pairwise.corrected_win_rate import corrected_win_rate
from perg.stats.pairwise.position import position_bias
from perg.stats.pairwise.strengths import fitted_votes, strengths
from perg.stats.pairwise.votes import Votes
from perg.stats.pairwise.win_matrix import win_matrix
from perg.stats.pairwise.win_rate import win_rate

SYSTEMS = ("a", "b", "c", "d", "e", "f")
PAIRS = tuple(combinations(range(len(SYSTEMS)), 2))
EVEN = (-1.0, -0.6, -0.2, 0.2, 0.6, 1.0)
FAR = (-2.5, -0.5, -0.2, 0.2, 0.5, 2.5)
POPULATION = 400_000
PEOPLE = 3
LABELLED = 0.25
SMALL_WIN = 0.5


@dataclass(frozen=True, slots=True)
class Cell:
    """Votes of people: `comparisons` a question, each by `people` of them.

    `ties` is the share of ties, `question` and `person` the standard deviations of what a system is worth more on one
    question and to one person, `unequal` how much more often the first three systems are compared.
    """

    name: str
    questions: int = 200
    comparisons: int = 1
    people: int = PEOPLE
    strengths: tuple[float, ...] = EVEN
    ties: float = 0.2
    question: float = 0.5
    person: float = 0.0
    unequal: float = 1.0


CELLS = (
    Cell("usual"),
    Cell("one vote each", questions=600, people=1, question=0),
    Cell("few votes", questions=100, people=1),
    Cell("15 questions of 15", questions=15, comparisons=15, people=1),
    Cell("30 questions of 15", questions=30, comparisons=15, people=1),
    Cell("questions differ", questions=60, comparisons=10, people=1, question=1.5),
    Cell("strong ties", questions=400, people=1, ties=0.8),
    Cell("nearly all ties", questions=400, people=1, ties=0.95),
    Cell("unequal numbers", questions=400, unequal=10.0),
    Cell("two far apart", strengths=FAR),
    Cell("two far apart, few", questions=150, people=1, strengths=FAR),
    Cell("people differ", person=0.8),
)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Comparisons (n,): the systems, the question, and the score that a person gives a."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    question: NDArray[np.int64]
    score: NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description="Coverage of pairwise statistics.")
    parser.add_argument("--seeds", type=int, default=500)
    arguments = parser.parse_args()
    start = time.perf_counter()
    console = Console(stderr=True)
    measured = [
        measure(cell, arguments.seeds) for cell in track(CELLS, "votes", console=console, transient=True)
    ]
    tallies = [tally for tally, _ in measured]
    corrected = [
        measure_corrected(*judge, arguments.seeds)
        for judge in track(CORRECTED, "corrections", console=console, transient=True)
    ]
    flags = {
        judge.name: flagged(judge, arguments.seeds)
        for judge in track(JUDGES, "judges", console=console, transient=True)
    }
    show("Votes of people", tallies)
    show("A judge on all, people on a quarter", corrected)
    show_flags(flags)
    unbiased = [flags[judge.name] for judge in JUDGES if judge.first == 0.5]
    biased = [flags[judge.name] for judge in JUDGES if judge.first > 0.8]
    print(
        json.dumps(
            {
                "seeds": arguments.seeds,
                "votes": summary(tallies),
                "all_ranks_held_min": min(held for _, held in measured),
                "corrected": summary(corrected),
                "flagged": flags,
                "flagged_unbiased_max": max(unbiased),
                "flagged_biased_min": min(biased),
                "seconds": round(time.perf_counter() - start, 1),
            }
        )
    )


def draw(cell: Cell, rng: np.random.Generator) -> Drawn:
    """People's votes; each comparison has all the cell's people."""
    size, shown = len(SYSTEMS), cell.questions * cell.comparisons
    question = np.repeat(np.arange(cell.questions), cell.comparisons)
    weight = np.array([cell.unequal if j < size // 2 else 1.0 for _, j in PAIRS])
    chosen = rng.choice(len(PAIRS), p=weight / weight.sum(), size=shown)
    a, b = np.array(PAIRS)[chosen].T
    turned = rng.random(shown) < SMALL_WIN
    a, b = np.where(turned, b, a), np.where(turned, a, b)
    worth = np.array(cell.strengths) + rng.normal(0, cell.question, (cell.questions, size))
    tastes = np.random.default_rng(1).normal(
        0, cell.person, (PEOPLE, size)
    )  # the same people in every campaign
    difference = (worth[question, a] - worth[question, b])[:, np.newaxis] + (tastes[:, a] - tastes[:, b]).T
    won = rng.random(difference.shape) < expit(difference)
    score = np.where(rng.random(difference.shape) < cell.ties, 0.5, won)[:, : cell.people]
    return Drawn(
        np.repeat(a, cell.people), np.repeat(b, cell.people), np.repeat(question, cell.people), score.ravel()
    )


def truth_of(cell: Cell) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Strengths (k,), and win rates (k, k) of each against each, in the population."""
    comparisons = POPULATION // cell.people
    large = Cell(
        cell.name,
        comparisons,
        1,
        cell.people,
        cell.strengths,
        cell.ties,
        cell.question,
        cell.person,
        cell.unequal,
    )
    votes = as_votes(draw(large, np.random.default_rng(10**6)))
    fitted = fitted_votes(votes)
    assert not isinstance(fitted, str)
    rates = np.full((len(SYSTEMS), len(SYSTEMS)), 0.5)
    for i, j in PAIRS:
        ahead, behind = (votes.a == i) & (votes.b == j), (votes.a == j) & (votes.b == i)
        points = votes.score[ahead].sum() + (1 - votes.score[behind]).sum()
        rates[i, j] = points / (ahead.sum() + behind.sum())
    return fitted.fit.strengths, rates


def as_votes(drawn: Drawn) -> Votes:
    return Votes(SYSTEMS, drawn.a, drawn.b, drawn.score, drawn.question)


def measure(cell: Cell, seeds: int) -> tuple[Tally, float]:
    """Its intervals, and how often all true ranks lie in their ranges at once, which may be more than 95%."""
    true_strengths, true_rates = truth_of(cell)
    ranks = 1 + (true_strengths[np.newaxis] > true_strengths[:, np.newaxis]).sum(axis=1)
    tally, ranks_held = Tally(cell.name), []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        votes = as_votes(draw(cell, rng))
        result = strengths(votes, rng=rng)
        for system, truth in zip(result.systems, true_strengths, strict=True):
            tally.add("strength", system.strength, float(truth))
        fitted = fitted_votes(votes)
        if not isinstance(fitted, str):
            for i, j in PAIRS:
                value, ends = fitted.win_rate(i, j)
                warnings = (*result.systems[i].strength.warnings, *result.systems[j].strength.warnings)
                truth = float(expit(true_strengths[i] - true_strengths[j]))
                tally.add(
                    "win rate by strengths", Estimate.of(value, votes.n, ends, warnings=warnings), truth
                )
            places = [system.rank for system in result.systems]
            held = all(
                place is not None
                and place.best is not None
                and place.worst is not None
                and place.best <= rank <= place.worst
                for place, rank in zip(places, ranks, strict=True)
            )
            ranks_held.append(held)
        for rate in win_matrix(votes):
            i, j = SYSTEMS.index(rate.system), SYSTEMS.index(rate.other)
            tally.add("win rate of the pair's votes", rate.rate, float(true_rates[i, j]))
        one = one_system(votes)
        others = [true_rates[0, j] for j in range(1, len(SYSTEMS))]
        if cell.unequal == 1:
            tally.add("win rate of one against all", win_rate(one).rate, float(np.mean(others)))
    return tally, float(np.mean(ranks_held))


def one_system(votes: Votes) -> ShownAnswers:
    """The votes with the first system, as answers shown in one order."""
    among = (votes.a == 0) | (votes.b == 0)
    score = np.where(votes.a == 0, votes.score, 1 - votes.score)[among]
    answer = np.where(score == 1, FIRST, np.where(score == 0, SECOND, TIE))
    none = np.zeros(answer.size, dtype=np.bool_)
    return ShownAnswers.of(answer, none, pair=np.arange(answer.size), cluster=votes.cluster[among])


CORRECTED = (
    ("usual judge", 800, 0.3, 0.2, 1.0),
    ("good judge", 800, 0.1, 0.2, 0.3),
    ("judge without skill", 800, 1.0, 0.2, 1.0),
    ("strong ties", 800, 0.3, 0.8, 1.0),
    ("few labels", 300, 0.3, 0.2, 1.0),
)


def measure_corrected(
    name: str, comparisons: int, noise: float, ties: float, favour: float, seeds: int
) -> Tally:
    """The judge repeats a person's vote, or with chance `noise` votes by itself, with too much for one system."""
    cell = Cell(name, questions=comparisons, people=1, ties=ties, question=0)
    true_strengths, true_rates = truth_of(cell)
    tally = Tally(name)
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        drawn = draw(cell, rng)
        theta = np.array(EVEN) + favour * (np.arange(len(SYSTEMS)) == 0)
        own = rng.random(drawn.a.size) < expit(theta[drawn.a] - theta[drawn.b])
        judge = np.where(rng.random(drawn.a.size) < noise, own.astype(np.float64), drawn.score)
        people = np.where(rng.permutation(drawn.a.size) < LABELLED * drawn.a.size, drawn.score, np.nan)
        result = corrected_strengths(SYSTEMS, drawn.a, drawn.b, judge, people)
        for method in ("human", "corrected"):
            for estimate, truth in zip(getattr(result, method), true_strengths, strict=True):
                tally.add(f"strength, {method}", estimate, float(truth))
        among = (drawn.a == 0) | (drawn.b == 0)
        mirrored = (drawn.a != 0)[among]
        rate = corrected_win_rate(*(np.where(mirrored, 1 - x[among], x[among]) for x in (people, judge)))
        truth = float(np.mean(true_rates[0, 1:]))
        tally.add("win rate, human", rate.human, truth)
        tally.add("win rate, corrected", rate.corrected, truth)
    return tally


@dataclass(frozen=True, slots=True)
class Judge:
    """A judge that says “first” in a share of its decisive answers where two outputs are equally good.

    `pairs` are answered in a drawn order, or in both; `together` of them share a question and the output that is
    better.
    """

    name: str
    first: float
    pairs: int
    both_orders: bool = False
    together: int = 1
    ties: float = 0.2
    skill: float = 1.0


JUDGES = (
    Judge("unbiased", 0.5, 200),
    Judge("unbiased, both orders", 0.5, 100, both_orders=True),
    Judge("unbiased, 20 answers", 0.5, 20),
    Judge("unbiased, sure of itself", 0.5, 200, skill=10.0),
    Judge("unbiased, 15 questions of 10", 0.5, 150, together=10, skill=3.0),
    Judge("unbiased, both orders of 15 questions of 5", 0.5, 75, both_orders=True, together=5, skill=3.0),
    Judge("unbiased, mostly ties", 0.5, 200, ties=0.9),
    Judge("first in 86%", 0.86, 100, skill=0),
    Judge("first in 86%, both orders", 0.86, 100, both_orders=True, skill=0),
    Judge("first in 86%, 15 questions of 10", 0.86, 150, together=10, skill=0),
    Judge("first in 86%, mostly ties", 0.86, 400, ties=0.8, skill=0),
    Judge("first in 60%", 0.6, 200),
)


def flagged(judge: Judge, seeds: int) -> float:
    """The share of seeds in which it is called biased."""
    return float(
        np.mean(
            [position_bias(answers(judge, np.random.default_rng(seed))).is_biased for seed in range(seeds)]
        )
    )


def answers(judge: Judge, rng: np.random.Generator) -> ShownAnswers:
    times = 2 if judge.both_orders else 1
    question = np.repeat(np.arange(judge.pairs // judge.together), judge.together)
    better = np.repeat(rng.normal(0, judge.skill, question.max() + 1), judge.together)
    pair, question, better = (np.repeat(x, times) for x in (np.arange(judge.pairs), question, better))
    swapped = rng.random(pair.size) < 0.5
    if judge.both_orders:
        swapped = np.tile([False, True], judge.pairs)
    lean = np.log(judge.first / (1 - judge.first))
    says_first = rng.random(pair.size) < expit(lean + np.where(swapped, -better, better))
    neither = np.where(rng.random(pair.size) < 0.1, BOTH_BAD, TIE)
    answer = np.where(rng.random(pair.size) < judge.ties, neither, np.where(says_first, FIRST, SECOND))
    return ShownAnswers.of(answer, swapped, pair=pair, cluster=question)


def show_flags(flags: dict[str, float]) -> None:
    table = Table(title="Judges called biased towards a position")
    table.add_column("judge")
    table.add_column("called biased", justify="right")
    for name, share in flags.items():
        table.add_row(name, f"{share:.1%}")
    Console(width=130).print(table)


if __name__ == "__main__":
    main()
