"""How well the other people's majority, label or median represents the truth.

Against a reference that errs, every difference between judge and people looks smaller than it is: beside one other
person who finds 85% of failures, where 10% fail, a judge that lacks 0.35 of a person's skill seems to lack 0.22. So
what the judge may lack is scaled down by as much (`non_inferiority`).

Sources: Rogan & Gladen (1978) for two ratings; Spearman, American Journal of Psychology 15 (1904) 72–101, and
Spearman–Brown for means of several raters.
"""

import math

import numpy as np

from perg.stats.base.resampling import Floats
from perg.stats.items.reference import single_modes
from perg.stats.judges.baselines import ChanceCorrected
from perg.stats.measures.alpha import value_counts
from perg.stats.measures.comparison import statistic_of_pairs
from perg.stats.measures.kappa import unit_pairs
from perg.stats.ratings.pair_counts import PairCounts
from perg.stats.ratings.ratings import Codes, RatingTable, unit_values

DRAWS = 10_000


def reference_quality(humans: RatingTable, statistic: ChanceCorrected, *, rng: np.random.Generator) -> float:
    """The share in [0, 1] of a true difference that is left when it is measured against the other people.

    From how often people agree in pairs, taking them for equally good and their errors for independent: for labels,
    of errors that hit all other labels alike, by simulation; on ordered scales by reliability. 1 where no two people
    rated one unit, 0 where people agree no better than by chance.
    """
    raters = (~np.isnan(humans.values)).sum(axis=1)
    others = np.repeat(raters[raters > 1] - 1, raters[raters > 1])
    if others.size == 0:
        return 1.0
    if statistic == "quadratic_kappa":
        reliability = _kappa_in_pairs(humans)
        averaged = others * reliability / (1 + (others - 1) * reliability)
        return float(np.sqrt(averaged).mean())
    return _quality_of_labels(humans, statistic, others, rng)


def _quality_of_labels(
    humans: RatingTable, statistic: ChanceCorrected, others: Codes, rng: np.random.Generator
) -> float:
    codes = humans.codes()
    _, label, count = value_counts(codes)
    totals = np.bincount(label, count)
    size = int(np.count_nonzero(totals))
    if size < 2:
        return 1.0
    raters = (codes >= 0).sum(axis=1)
    agreement = (count * (count - 1)).sum() / (raters * (raters - 1)).sum()
    if agreement <= 1 / size:
        return 0.0
    error = error_of_agreement(float(agreement), size)
    informedness = 1 - error * size / (size - 1)
    frequencies = totals[totals > 0] / totals.sum()
    shares = (
        np.maximum(frequencies - error / (size - 1), 0) / informedness
        if informedness > 1e-9
        else np.zeros(size)
    )
    if not shares.any():
        return 0.0
    truth = rng.choice(size, DRAWS, p=shares / shares.sum())
    errs = rng.random((DRAWS, others.max())) < error
    votes = (truth[:, np.newaxis] + errs * rng.integers(1, size, errs.shape)) % size
    votes[np.arange(others.max()) >= rng.choice(others, DRAWS)[:, np.newaxis]] = -1
    reference = single_modes(*value_counts(votes), DRAWS)
    there = reference >= 0
    rows, columns, indicator = unit_pairs(reference[there], truth[there])
    pairs = PairCounts(rows, columns, np.asarray(indicator.sum(axis=0), dtype=np.float64)[np.newaxis], size)
    quality = statistic_of_pairs(pairs, np.arange(size, dtype=np.float64), statistic)[0]
    return 1.0 if np.isnan(quality) else float(np.clip(quality, 0, 1))


def error_of_agreement(agreement: float, categories: int) -> float:
    """How often people miss the truth, if any two give the same label to this share of the units.

    With error e and k categories, agreement = (1 − e)² + e²/(k − 1): this solves for the smaller e. It is least, at
    1/k, where labels are random; less agreement than that has no solution.

    Raises:
        ValueError: agreement outside [1/k, 1], or fewer than two categories.
    """
    if categories < 2 or not 1 / categories <= agreement <= 1:
        raise ValueError("people who see anything agree on a share of 1/k of the units at least")
    others = categories - 1
    root = math.sqrt(max(1 - categories / others * (1 - agreement), 0))
    return others / categories * (1 - root)


def _kappa_in_pairs(humans: RatingTable) -> float:
    """Quadratic kappa of all ordered pairs of people, pooled, in [0, 1]; 1 where nothing varies."""
    values = unit_values(humans.values, humans.categories)
    raters = (~np.isnan(values)).sum(axis=1)
    sums: Floats = np.nansum(values, axis=1)
    squares: Floats = np.nansum(values**2, axis=1)
    pairs = float((raters * (raters - 1)).sum())
    mean = float((sums * (raters - 1)).sum()) / pairs
    spread = float((squares * (raters - 1)).sum()) / pairs - mean**2
    distance = float((2 * (raters * squares - sums**2)).sum()) / pairs
    return float(np.clip(1 - distance / (2 * spread), 0, 1)) if spread > 1e-12 else 1.0
