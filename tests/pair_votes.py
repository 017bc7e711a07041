"""Pairwise votes of people and judges over systems whose strengths are known, as the input of a report."""

from dataclasses import replace
from itertools import combinations

import numpy as np
from scipy.special import expit

from perg.stats.items.labelled_items import labelled_items
from perg.stats.items.pair_answers import PairRating, pair_rating_set
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.report.pairs import Pairs, pairs_section

SYSTEMS = ("ash", "birch", "cedar", "elm", "fir", "oak")
STRENGTHS = np.array([-1.0, -0.6, -0.2, 0.2, 0.6, 1.0])
PAIRS = list(combinations(range(len(SYSTEMS)), 2))


def true_rate(i: int, j: int) -> float:
    return float(expit(STRENGTHS[i] - STRENGTHS[j]))


def voted(
    seed: int, *, items: int = 900, labelled: float = 0.34, first: float = 0.5, both_orders: bool = False
) -> ValidationInput:
    """One person labels a share of the items; a judge, which repeats most votes and likes birch, has all of them.

    `first`: how often the judge answers “first shown” when it does not look; 0.5 looks always.
    """
    rng = np.random.default_rng(seed)
    pairs = np.array(PAIRS)[rng.integers(0, len(PAIRS), items)]
    turned = rng.random(items) < 0.5
    one, two = (np.where(turned, pairs[:, 1 - side], pairs[:, side]) for side in (0, 1))
    wins = rng.random(items) < expit(STRENGTHS[one] - STRENGTHS[two])
    liked = STRENGTHS + (np.arange(len(SYSTEMS)) == 1)
    own = rng.random(items) < expit(liked[one] - liked[two])
    judged = np.where(rng.random(items) < 0.3, own, wins)
    chosen = rng.permutation(items) < labelled * items
    rows = []
    for item in range(items):
        if chosen[item]:
            shown = bool(rng.random() < 0.5)
            rows.append(PairRating(str(item), "ann", "human", _answer(wins[item]), shown))
        orders = (False, True) if both_orders else (bool(rng.random() < 0.5),)
        for swapped in orders:
            preferred = judged[item]
            if first != 0.5:
                preferred = (rng.random() < first) != swapped
            rows.append(PairRating(str(item), "gpt", "judge", _answer(bool(preferred)), swapped))
    return given(rows, [SYSTEMS[code] for code in one], [SYSTEMS[code] for code in two])


def _answer(first: bool) -> str:
    return "first" if first else "second"


def given(
    rows: list[PairRating], first: list[str] | None = None, second: list[str] | None = None
) -> ValidationInput:
    """The ratings as an input; systems are those of items "0", "1", …"""
    table, answers = pair_rating_set(rows)
    units = [int(str(unit)) if first else 0 for unit in table.table.units]
    if first and second:
        answers = replace(answers, systems=([first[row] for row in units], [second[row] for row in units]))
    return ValidationInput(table, None, np.arange(len(units)), pairs=answers)


def section(data: ValidationInput, settings: ValidationSettings | None = None) -> Pairs:
    pairs = pairs_section(data, labelled_items(data), settings or ValidationSettings())
    assert pairs is not None
    return pairs
