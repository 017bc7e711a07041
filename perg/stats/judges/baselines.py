"""Judges without any skill, which every judge must be shown to beat.

A judge that does no better than these has learnt nothing from the responses, however high its agreement with people
looks: where one answer prevails a constant judge agrees with most of them, and next to noisy people a coin does not
look bad.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Self

import numpy as np
import scipy

from perg.stats.base.estimate import Estimate
from perg.stats.base.fewest import fewest
from perg.stats.base.intervals import bootstrap_estimate
from perg.stats.base.pooling import PooledBootstrap, pool
from perg.stats.base.resampling import Clusters, Draws, Floats
from perg.stats.measures.comparison import UNDEFINED, Statistic, statistic_of_cells_that_occur
from perg.stats.measures.kappa import codes_of_both, unit_pairs
from perg.stats.ratings.ratings import Codes, Ratings, codes_below, require_ascending

Baseline = Literal["constant", "random"]
ChanceCorrected = Literal["informedness", "quadratic_kappa", "cohen_kappa"]

BASELINE_LEVEL = 0.005
"""One-sided. Stricter than 5%, since this is the gate that the other tests lean on: a judge without skill passes it in
at most one campaign in a hundred, even if the bootstrap is a little too sure."""

PERMUTATIONS = 2000
BLOCK_ELEMENTS = 2**22  # permuted ratings held at a time

SIMULATIONS = 2000
SEED = 0
POWER = 0.8
"""Of `units_to_beat_baselines`."""

BOOTSTRAP = "bootstrap of the difference"
PERMUTATION = "permutation of the judge's ratings"
NO_UNITS = "no unit rated by the judge and by people"


@dataclass(frozen=True, slots=True)
class BaselineTest:
    """A judge against a baseline: is its chance-corrected agreement with people above the baseline's?

    `baseline_value` is the baseline's own, exact for a constant judge and expected for a random one. `p_value` is
    one-sided; it and `beaten` are None if the statistic is undefined, and `value` says why.
    """

    baseline: Baseline
    statistic: Statistic
    value: Estimate
    baseline_value: float | None
    test: str
    p_value: float | None
    beaten: bool | None


def constant_judge(reference: Ratings, categories: Sequence[float]) -> Ratings:
    """The reference's most common rating for every unit (n,), the lower of two as common; NaN where it has none.

    A judge gives one of the `categories`: what lies between two of them, as medians do, counts as the lower one.
    """
    rated = ~np.isnan(reference)
    if not rated.any():
        return np.full(reference.shape, np.nan)
    most_common = np.bincount(codes_below(reference[rated], categories)).argmax()
    return np.where(rated, categories[int(most_common)], np.nan)


def random_judge(judge: Ratings, *, rng: np.random.Generator) -> Ratings:
    """The judge's own ratings (n,) in random order over the units that it rated: its marginals, and nothing else."""
    shuffled = judge.copy()
    rated = ~np.isnan(judge)
    shuffled[rated] = rng.permutation(judge[rated])
    return shuffled


def beats_baselines(
    judge: Ratings,
    reference: Ratings,
    categories: tuple[float, ...],
    statistic: ChanceCorrected,
    *,
    level: float = BASELINE_LEVEL,
    permutations: int = PERMUTATIONS,
    draws: Draws,
) -> tuple[BaselineTest, BaselineTest]:
    """Test a judge (n,) against the constant judge and against the random one, NaN where a rating is missing.

    The statistic is one for which both baselines are at 0 (see `statistic_of_cells`): informedness for two ratings,
    quadratic kappa for ordinal and interval scales, Cohen's kappa for nominal ones. A constant judge is at 0 in every
    resample too, so the paired bootstrap of the difference is the bootstrap of the judge's own value: Student's test
    of value / bootstrap standard error. The random judge is tested by permutation of the judge's ratings, which is
    exact whatever the number of units; units that share a cluster move together, to a cluster of the same size. Where
    that leaves most units in place, the random judge's expected value, which is 0 too, is tested as the constant's is.

    Raises:
        ValueError: shapes that differ, a rating outside the categories, categories that do not ascend, a level
            outside (0, 1).
    """
    if not 0 < level < 1:
        raise ValueError("the level lies between 0 and 1")
    require_ascending(categories)
    judged, referred, draws = codes_of_both(judge, reference, categories, draws)
    n = judged.size
    if n == 0:
        return _untested(Estimate.of_nothing(NO_UNITS), statistic)
    pools = pool(np.column_stack([referred, judged]), draws.clusters)
    bootstrap = PooledBootstrap(pools, draws)
    rows, columns, indicator = unit_pairs(referred[pools.first], judged[pools.first])
    positions = np.asarray(categories, dtype=np.float64)

    def values(sums: Floats) -> Floats:
        return statistic_of_cells_that_occur(rows, columns, sums, positions, statistic)

    value = values(bootstrap.totals(indicator)[np.newaxis])[0]
    if np.isnan(value):
        return _untested(Estimate.of_nothing(UNDEFINED[statistic], n), statistic)
    replicates = bootstrap.coefficients(indicator, values)
    drawn = bootstrap.clusters_among(np.ones(pools.sizes.size, dtype=np.bool_))
    estimate = bootstrap_estimate(value, n, replicates, clusters=drawn, confidence=draws.confidence)
    scores = _Scores.of(referred, positions, statistic)
    p_random = _permutation_p_value(judged, referred, scores, draws, permutations)
    p_constant = _p_above_zero(value, replicates, drawn, 0.5**drawn if p_random is None else p_random)
    of_random = BOOTSTRAP if p_random is None else PERMUTATION
    return (
        _tested("constant", statistic, estimate, BOOTSTRAP, p_constant, level),
        _tested(
            "random", statistic, estimate, of_random, p_constant if p_random is None else p_random, level
        ),
    )


@lru_cache(maxsize=1024)
def units_to_beat_baselines(
    skill: float,
    failures: float | None,
    *,
    categories: int = 2,
    level: float = BASELINE_LEVEL,
) -> int:
    """Units on which a judge with this chance-corrected skill beats both baselines in 80% of campaigns, to 1%.

    `failures` in (0, 1) is the share of units that people say failed, for informedness, of a judge that is as good on
    either side (sensitivity = specificity = (1 + skill) / 2). None is for kappas: Cohen's over this many equally common
    categories; two stand for quadratic kappa, whose standard error does not depend on their number.

    Both tests are simulated on campaigns of independent units, always the same ones, so that equal arguments give equal
    answers.

    Raises:
        ValueError: a skill outside (0, 1], a share outside (0, 1), fewer than two categories.
    """
    if not 0 < skill <= 1 or (failures is not None and not 0 < failures < 1) or categories < 2:
        raise ValueError(
            "skill lies in (0, 1], the share of failures in (0, 1), and two categories are needed"
        )

    def reached(units: int) -> bool:
        p_values = (
            _p_values_of_agreement(units, skill, categories)
            if failures is None
            else _p_values_of_informedness(units, skill, failures)
        )
        return bool((p_values < level).mean() >= POWER)

    units = fewest(reached, low=1, high=4, percent=1)
    assert units is not None  # there is no bound
    return units


def _p_values_of_informedness(units: int, skill: float, failures: float) -> Floats:
    """The larger of the two p-values in each simulated campaign: 1 where people see one side only."""
    rng = np.random.default_rng(SEED)
    recall = (1 + skill) / 2
    failed = rng.binomial(units, failures, size=SIMULATIONS)
    caught, blamed = rng.binomial(failed, recall), rng.binomial(units - failed, 1 - recall)
    both_sides = (failed > 0) & (failed < units)
    of_failed, of_others = np.maximum(failed, 1), np.maximum(units - failed, 1)
    sensitivity, false_rate = caught / of_failed, blamed / of_others
    variance = sensitivity * (1 - sensitivity) / of_failed + false_rate * (1 - false_rate) / of_others
    permuted = np.asarray(scipy.stats.hypergeom.sf(caught - 1, units, failed, caught + blamed))
    return np.where(both_sides, _larger(sensitivity - false_rate, variance, permuted, units), 1.0)


def _p_values_of_agreement(units: int, skill: float, categories: int) -> Floats:
    """The same for Cohen's kappa over equally common categories, in which the judge guesses where it does not know."""
    chance = 1 / categories
    agreeing = np.random.default_rng(SEED).binomial(units, skill + (1 - skill) * chance, size=SIMULATIONS)
    share = agreeing / units
    variance = share * (1 - share) / units / (1 - chance) ** 2
    permuted = np.asarray(scipy.stats.binom.sf(agreeing - 1, units, chance))
    return _larger((share - chance) / (1 - chance), variance, permuted, units)


def _larger(value: Floats, variance: Floats, permuted: Floats, units: int) -> Floats:
    varies = variance > 1e-12
    t = np.divide(value, np.sqrt(variance), out=np.zeros(value.shape), where=varies)
    bootstrapped = np.where(
        varies, scipy.special.stdtr(max(units - 1, 1), -t), np.where(value > 1e-12, permuted, 1.0)
    )
    return np.maximum(bootstrapped, permuted)


@dataclass(frozen=True, slots=True, eq=False)
class _Scores:
    """What one unit adds to the sum that a statistic rises with, by the reference's and the judge's category.

    Attributes:
        positions: (V,) for the quadratic kappa, which falls with their squared differences; else None.
        of_equal: (V,) what two equal ratings of each category add to the other statistics; unequal ones add nothing.
    """

    positions: Floats | None
    of_equal: Floats

    @classmethod
    def of(cls, referred: Codes, positions: Floats, statistic: ChanceCorrected) -> Self:
        """Of a statistic, with the reference's codes (n,) and the positions of the categories (V,)."""
        counts = np.bincount(referred, minlength=positions.size)
        if statistic == "quadratic_kappa":
            reach = float(positions[-1] - positions[0]) or 1.0
            return cls((positions - positions[0]) / reach, counts.astype(np.float64))
        if statistic == "informedness":
            return cls(None, 1 / np.maximum(counts, 1))
        return cls(None, np.ones(positions.size))

    def between(self, referred: Codes, judged: Codes) -> Floats:
        """The score of each unit; the shape of the two arrays of codes, broadcast."""
        if self.positions is not None:
            return -np.square(self.positions[referred] - self.positions[judged])
        return np.where(referred == judged, self.of_equal[judged], 0.0)


def _permutation_p_value(
    judged: Codes,
    referred: Codes,
    scores: _Scores,
    draws: Draws,
    permutations: int,
) -> float | None:
    """Share of permutations as good as the judge or better, the judge's own among them.

    A permutation leaves both marginals as they are, and given these every statistic rises with a sum over units. None
    where most units are in clusters of a size of their own.
    """
    observed = float(scores.between(referred, judged).sum())
    blocks = _blocks(np.arange(judged.size) if draws.clusters is None else draws.clusters)
    if 2 * sum(block.size for block in blocks if block.shape[0] > 1) < judged.size:
        return None
    totals = np.zeros(permutations)
    for block in blocks:
        totals += _permuted(judged[block], referred[block], scores, permutations, draws.rng)
    return (1 + int((totals >= observed - 1e-9).sum())) / (1 + permutations)


def _permuted(
    judged: Codes, referred: Codes, scores: _Scores, permutations: int, rng: np.random.Generator
) -> Floats:
    """The sum over m clusters of s units, both (m, s), in each permutation of the judge's clusters: (permutations,).

    Where few kinds of clusters occur, what is drawn is how often each kind of the judge's meets each of the
    reference's: a random table with these marginals, and no unit is moved.
    """
    (of_judge, kind_of_judge), (of_reference, kind_of_reference) = (
        np.unique(codes, axis=0, return_inverse=True) for codes in (judged, referred)
    )
    m, size = judged.shape[0], of_judge.shape[0] * of_reference.shape[0]
    totals = np.zeros(permutations)
    if (
        min(of_judge.shape[0], of_reference.shape[0]) == 1
    ):  # where SciPy's tables of one column go wrong (1.17)
        totals += scores.between(referred, judged).sum()
        return totals
    if size > m:
        rows = max(1, BLOCK_ELEMENTS // judged.size)
        for start in range(0, permutations, rows):
            part = slice(start, min(start + rows, permutations))
            order = rng.permuted(np.tile(np.arange(m), (part.stop - start, 1)), axis=1)
            totals[part] = scores.between(referred, judged[order]).sum(axis=(1, 2))
        return totals
    of_kinds = scores.between(of_reference[:, np.newaxis], of_judge).sum(axis=2)
    tables = scipy.stats.random_table(
        np.bincount(kind_of_reference.ravel()), np.bincount(kind_of_judge.ravel())
    )
    rows = max(1, BLOCK_ELEMENTS // size)
    for start in range(0, permutations, rows):
        part = slice(start, min(start + rows, permutations))
        totals[part] = (tables.rvs(part.stop - start, random_state=rng) * of_kinds).sum(axis=(1, 2))
    return totals


def _blocks(clusters: Clusters) -> list[Codes]:
    """Units as (m, s) for each cluster size s: m clusters that can change places."""
    order = np.argsort(clusters, kind="stable")
    _, starts, sizes = np.unique(clusters[order], return_index=True, return_counts=True)
    return [
        order[starts[sizes == size][:, np.newaxis] + np.arange(size)].astype(np.int64)
        for size in np.unique(sizes)
    ]


def _p_above_zero(value: float, replicates: Floats, clusters: int, otherwise: float) -> float:
    """One-sided p-value of H0: the value is 0 or less; `otherwise` where a positive value never varies."""
    defined = replicates[~np.isnan(replicates)]
    error = float(defined.std(ddof=1)) if defined.size > 1 else 0.0
    if error > 1e-12 and clusters > 1:
        return float(scipy.stats.t.sf(value / error, clusters - 1))
    return otherwise if value > 1e-12 else 1.0


def _tested(
    baseline: Baseline, statistic: Statistic, value: Estimate, test: str, p_value: float, level: float
) -> BaselineTest:
    return BaselineTest(baseline, statistic, value, 0.0, test, p_value, p_value < level)


def _untested(value: Estimate, statistic: Statistic) -> tuple[BaselineTest, BaselineTest]:
    return (
        BaselineTest("constant", statistic, value, None, "none", None, None),
        BaselineTest("random", statistic, value, None, "none", None, None),
    )
