"""Which of two judges agrees with people better, tested.

Both judges are compared with the same reference on the same units, and the paired bootstrap draws both at once, so
that what is hard for both cancels out. Many pairs need a correction: Holm's, under which a false finding anywhere is
rare, or Benjamini and Yekutieli's, under which few of the findings are false, however the tests depend on each other.

Sources: Efron & Tibshirani, An Introduction to the Bootstrap (1993), ch. 6 and 16; Holm, Scandinavian Journal of
Statistics 6 (1979) 65–70; Benjamini & Yekutieli, Annals of Statistics 29 (2001) 1165–1188.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import bootstrap_estimate, interval_warnings, reason_for_none
from perg.stats.base.multiple_tests import holm
from perg.stats.base.pooling import PooledBootstrap, pool
from perg.stats.base.resampling import UNDEFINED_SHARE, Draws, Floats, defined_ratio
from perg.stats.measures.alpha import alpha_of_pairs
from perg.stats.measures.kappa import NOT_RATED_BY_BOTH, kappa_of_pairs, unit_pairs
from perg.stats.ratings.distances import Distances
from perg.stats.ratings.pair_counts import PairCounts
from perg.stats.ratings.ratings import Codes, Ratings, category_codes, require_ascending

Statistic = Literal["alpha", "quadratic_kappa", "cohen_kappa", "accuracy", "informedness"]

UNDEFINED: dict[Statistic, str] = {
    "alpha": "unanimous: all ratings are the same",
    "quadratic_kappa": "unanimous: judge and people gave every unit the same rating",
    "cohen_kappa": "unanimous: judge and people gave every unit the same rating",
    "accuracy": NOT_RATED_BY_BOTH,
    "informedness": "people gave every unit the same rating",
}


@dataclass(frozen=True, slots=True)
class JudgeComparison:
    """Two judges against one reference, on the `n` units that both and the reference rated.

    `difference` is a − b. The p-values are two-sided, alone and corrected over the comparisons made together; None
    where the difference is undefined, which it then says.
    """

    a: str
    b: str
    statistic: Statistic
    n: int
    a_value: Estimate
    b_value: Estimate
    difference: Estimate
    p_value: float | None
    p_holm: float | None = None
    p_benjamini_yekutieli: float | None = None


def compare_judges(
    reference: Ratings,
    judges: Mapping[str, Ratings],
    categories: Sequence[float],
    statistic: Statistic,
    *,
    draws: Draws,
) -> tuple[JudgeComparison, ...]:
    """Compare all pairs of judges (n,) by their agreement with a reference (n,), NaN where missing.

    Ratings are on ascending `categories`. The reference is the people's median (then the categories hold its half
    steps: `RatingTable.with_column`) or their majority on followed / not followed. The statistics are
    those of `statistic_of_cells`.

    Interval and p-value of the difference are of one statistic, difference / standard error, and of Student's
    distribution with clusters − 1 degrees of freedom, so that the interval leaves out 0 exactly where p < 1 −
    confidence. Unlike counts of replicates beyond 0, p has no floor of 1 / resamples, which a correction for many
    comparisons would lift above any level. The standard error is the bootstrap's, widened by (G / (G − 1))^½ for its G
    clusters and by ((D + 2) / D)^½ for the D clusters on which the judges differ, as two pseudo-pairs do in Bonett and
    Price's interval. Where no resample varies there is no interval, and where the difference then is not 0, p is that
    of the sign test over the units (clusters) on which one judge is nearer to the reference.

    Raises:
        ValueError: shapes that differ, a rating outside the categories, categories that do not ascend.
    """
    shapes = {ratings.shape for ratings in judges.values()} | {reference.shape}
    if len(shapes) > 1 or reference.ndim != 1:
        raise ValueError("the reference and the judges are vectors over the same units")
    draws.require_units(reference.size)
    require_ascending(categories)
    rated = ~np.isnan(reference)
    codes = {name: category_codes(ratings, categories)[rated] for name, ratings in judges.items()}
    referred = category_codes(reference, categories)[rated]
    pairs = combinations(judges, 2)
    if not referred.size:
        return corrected([_nothing(a, b, statistic) for a, b in pairs])
    comparison = _Comparison(
        np.column_stack([referred, *codes.values()]),
        {name: column for column, name in enumerate(codes, start=1)},
        np.asarray(categories, dtype=np.float64),
        statistic,
        draws.among(rated),
    )
    return corrected([comparison.of(a, b) for a, b in pairs])


def corrected(comparisons: Sequence[JudgeComparison]) -> tuple[JudgeComparison, ...]:
    """The comparisons with their p-values corrected over all that have one."""
    tested = [i for i, comparison in enumerate(comparisons) if comparison.p_value is not None]
    p_values = np.array([comparisons[i].p_value for i in tested], dtype=np.float64)
    both = zip(holm(p_values), benjamini_yekutieli(p_values), strict=True)
    adjusted = dict(zip(tested, both, strict=True))
    return tuple(
        replace(
            comparison,
            p_holm=float(adjusted[i][0]) if i in adjusted else None,
            p_benjamini_yekutieli=float(adjusted[i][1]) if i in adjusted else None,
        )
        for i, comparison in enumerate(comparisons)
    )


def benjamini_yekutieli(p_values: Floats) -> Floats:
    """Benjamini and Yekutieli's adjusted p-values (m,), at most 1, valid under any dependence."""
    return (
        np.asarray(scipy.stats.false_discovery_control(p_values, method="by")) if p_values.size else p_values
    )


def statistic_of_cells(cells: Floats, categories: Floats, statistic: Statistic) -> Floats:
    """Agreement in each of R confusion matrices (R, V²), rows the reference's, columns the judge's: (R,).

    `alpha` is Krippendorff's for ordinal data of the two; the kappas are Cohen's, the quadratic one with the squared
    differences of the `categories` (V,); `accuracy` is the share of equal ratings. `informedness` is the mean recall
    over the K ratings that the reference has, stretched so that 1 is perfect and 1/K becomes 0: sensitivity +
    specificity − 1 where there are two (Youden's J).

    A constant judge has informedness and kappas of exactly 0 in every sample, and a judge that answers at random
    0 on average, whatever its marginals and whatever prevails; so a baseline is beaten where these are above 0.
    Accuracy cannot say so: where 90% followed, a judge that always says "followed" has 0.9. Neither can Gwet's AC1,
    whose chance agreement falls as one rating prevails, and which gives that judge 0.89; and alpha's value for a
    constant judge hangs on what prevails. Of two ratings kappa and informedness always have the same sign, but
    kappa's size hangs on prevalence, and informedness is by what a corrected rate divides.

    NaN where undefined: no units, one rating only (alpha, kappas), one rating of the reference (informedness).
    """
    return statistic_of_pairs(PairCounts.of_square(cells, categories.size), categories, statistic)


def statistic_of_cells_that_occur(
    rows: Codes, columns: Codes, sums: Floats, categories: Floats, statistic: Statistic
) -> Floats:
    """As `statistic_of_cells`, of the cells at `rows` and `columns` (c,), which hold `sums` (R, c): (R,)."""
    pairs, used = PairCounts(rows, columns, sums, categories.size).compressed()
    return pairs.of_each_block(lambda block: statistic_of_pairs(block, categories[used], statistic))


def statistic_of_pairs(pairs: PairCounts, categories: Floats, statistic: Statistic) -> Floats:
    """As `statistic_of_cells`, of R confusion matrices without the cells that do not occur: (R,)."""
    match statistic:
        case "alpha":
            return alpha_of_pairs(pairs, categories, "ordinal")
        case "quadratic_kappa":
            return kappa_of_pairs(pairs, Distances("quadratic", categories))
        case "cohen_kappa":
            return kappa_of_pairs(pairs, Distances("nominal", categories))
        case "accuracy":
            return defined_ratio(pairs.agreeing(), pairs.total())
        case "informedness":
            marginals, _ = pairs.marginals
            occur = np.count_nonzero(marginals, axis=1)
            equal = pairs.rows == pairs.columns
            recalls = defined_ratio(pairs.counts[:, equal], marginals[:, pairs.rows[equal]])
            return defined_ratio(np.nansum(recalls, axis=1) - 1, occur - 1.0)


class _Comparison:
    """The ratings of units that have a reference, by their distinct rows, and one bootstrap for all judges.

    `rows` (n, 1 + judges) are category codes, the reference's first; `columns` are those of the judges.
    """

    def __init__(
        self, rows: Codes, columns: dict[str, int], categories: Floats, statistic: Statistic, draws: Draws
    ) -> None:
        pools = pool(rows, draws.clusters)
        self.bootstrap = PooledBootstrap(pools, draws)
        self.rows, self.columns = rows[pools.first], columns
        self.categories, self.statistic = categories, statistic

    def of(self, a: str, b: str) -> JudgeComparison:
        """The comparison of two judges."""
        reference, first, second = (self.rows[:, column] for column in (0, self.columns[a], self.columns[b]))
        both = (first >= 0) & (second >= 0)
        n = int(self.bootstrap.pools.sizes[both].sum())
        if n == 0:
            return _nothing(a, b, self.statistic)
        a_values, b_values = (self._values(reference, judge, both) for judge in (first, second))
        nearer = np.sign(np.abs(second - reference) - np.abs(first - reference)) * both
        if self.statistic in ("accuracy", "cohen_kappa", "informedness"):
            nearer = ((first == reference).astype(np.int64) - (second == reference)) * both
        clusters = self.bootstrap.clusters_among(both)
        difference, p_value = self._difference(
            a_values - b_values, n, clusters, both & (first != second), nearer
        )

        def estimate(values: Floats) -> Estimate:
            return bootstrap_estimate(
                values[0],
                n,
                values[1:],
                undefined=UNDEFINED[self.statistic],
                clusters=clusters,
                confidence=self.bootstrap.confidence,
            )

        return JudgeComparison(
            a=a,
            b=b,
            statistic=self.statistic,
            n=n,
            a_value=estimate(a_values),
            b_value=estimate(b_values),
            difference=difference,
            p_value=p_value,
        )

    def _values(self, reference: Codes, judge: Codes, both: NDArray[np.bool_]) -> Floats:
        """The statistic over the pools where `both` (u,) judges rated: of all units, then of each resample."""
        rows, columns, of_rated = unit_pairs(reference[both], judge[both])
        rated = np.flatnonzero(both)[of_rated.tocoo().row]
        indicator = scipy.sparse.csc_array(
            (of_rated.tocoo().data, (rated, of_rated.tocoo().col)), shape=(both.size, rows.size)
        )

        def values(sums: Floats) -> Floats:
            return statistic_of_cells_that_occur(rows, columns, sums, self.categories, self.statistic)

        observed = values(self.bootstrap.totals(indicator)[np.newaxis])
        return np.concatenate([observed, self.bootstrap.coefficients(indicator, values)])

    def _difference(
        self,
        values: Floats,
        n: int,
        clusters: int,
        differ: NDArray[np.bool_],
        nearer: Codes,
    ) -> tuple[Estimate, float | None]:
        """The difference of all units, first of `values`, and of each resample: its interval, and the p-value."""
        value, replicates = float(values[0]), values[1:]
        if np.isnan(value):
            return Estimate.of_nothing(UNDEFINED[self.statistic], n), None
        discordant = self.bootstrap.clusters_among(differ)
        warnings = interval_warnings(clusters, discordant=discordant)
        defined = replicates[~np.isnan(replicates)]
        spread = float(defined.std(ddof=1)) if defined.size > 1 else 0.0
        if clusters < 2 or spread < 1e-12:
            reasons = warnings if clusters < 2 else (reason_for_none(replicates), *warnings)
            return Estimate.of(value, n, None, warnings=reasons), self._sign_test(value, nearer)
        error = spread * math.sqrt(clusters / (clusters - 1) * (discordant + 2) / discordant)
        p_value = 2 * float(scipy.special.stdtr(clusters - 1, -abs(value) / error))
        if defined.size < (1 - UNDEFINED_SHARE) * replicates.size:
            return Estimate.of(value, n, None, warnings=(reason_for_none(replicates), *warnings)), p_value
        half = -float(scipy.special.stdtrit(clusters - 1, (1 - self.bootstrap.confidence) / 2)) * error
        return Estimate.of(value, n, (value - half, value + half), warnings=warnings), p_value

    def _sign_test(self, difference: float, nearer: Codes) -> float:
        if abs(difference) < 1e-12:
            return 1.0
        for_a, for_b = self.bootstrap.clusters_among(nearer > 0), self.bootstrap.clusters_among(nearer < 0)
        return float(scipy.stats.binomtest(for_a, for_a + for_b).pvalue) if for_a + for_b else 1.0


def _nothing(a: str, b: str, statistic: Statistic) -> JudgeComparison:
    nothing = Estimate.of_nothing("no unit rated by both judges and people")
    return JudgeComparison(a, b, statistic, 0, nothing, nothing, nothing, None)
