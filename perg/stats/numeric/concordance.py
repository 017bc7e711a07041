"""How alike numeric ratings are: Lin's concordance of two, and the intraclass correlation of two or more.

Both are 1 if all ratings of an item are equal, and punish a bias as well as noise. The intraclass correlation is
ICC(A,1) of McGraw and Wong, Shrout and Fleiss's ICC(2,1): of a single rating, in absolute agreement, raters being a
sample. It is the one because a judge that is everywhere half a point too generous is not in agreement, and because
what is compared is one rating, not the mean of all.

Intervals leave out one cluster at a time, on Fisher's scale of the correlation.

Sources: Lin, Biometrics 45 (1989) 255–268, and its correction, 56 (2000) 324–325; Shrout & Fleiss, Psychological
Bulletin 86 (1979) 420–428; McGraw & Wong, Psychological Methods 1 (1996) 30–46.
"""

import numpy as np

from perg.stats.base.delete_one import Statistic, delete_one_estimate
from perg.stats.base.estimate import Estimate
from perg.stats.base.resampling import Clusters, Floats, defined_ratio

NO_VARIATION = "all ratings are the same"
FEW_ITEMS = "fewer than two items have all the ratings"


def lin_concordance(
    judge: Floats, people: Floats, *, clusters: Clusters | None = None, confidence: float = 0.95
) -> Estimate:
    """2 s_xy / (s_x² + s_y² + (x̄ − ȳ)²) of ratings (n,), NaN where missing; in [−1, 1], n = items with both.

    Variances are divided by n, as in Lin's paper. Undefined where all ratings are the same, and from fewer than two
    items.

    Raises:
        ValueError: arrays of different shapes.
    """
    if (
        judge.ndim != 1
        or judge.shape != people.shape
        or (clusters is not None and clusters.shape != judge.shape)
    ):
        raise ValueError("judge, people and clusters are vectors over the same items")
    there = ~(np.isnan(judge) | np.isnan(people))
    x, y = _centred(np.column_stack([judge, people])[there]).T
    n = x.size
    if n < 2:
        return Estimate.of_nothing(FEW_ITEMS, n)
    columns = np.column_stack([np.ones(n), x, y, x * x + y * y, x * y])

    def concordance(sums: Floats) -> Floats:
        count, of_x, of_y, squares, products = sums.T
        covariance = products - of_x * of_y / count
        apart = squares - 2 * of_x * of_y / count
        return np.clip(defined_ratio(2 * covariance, np.where(apart > 1e-12, apart, 0)), -1, 1)

    return delete_one_estimate(
        columns,
        None if clusters is None else clusters[there],
        concordance,
        n=n,
        undefined=NO_VARIATION,
        transform=(_to_fisher(2), _from_fisher(2)),
        confidence=confidence,
    )


def intraclass_correlation(
    ratings: Floats, *, clusters: Clusters | None = None, confidence: float = 0.95
) -> Estimate:
    """ICC(A,1) of ratings (n, k) by k raters, in [−1/(k − 1), 1]; n = items that all of them rated.

    For a judge and people, take the judge and people's mean, or a person, as the two columns. An item with a missing
    rating is left out. Undefined where all ratings are the same, and from fewer than two items or raters.

    Raises:
        ValueError: not a table, or not one cluster id an item.
    """
    if ratings.ndim != 2 or (clusters is not None and clusters.shape != ratings.shape[:1]):
        raise ValueError("ratings are items by raters, with one cluster id an item")
    there = ~np.isnan(ratings).any(axis=1)
    raters = ratings.shape[1]
    if raters < 2:
        return Estimate.of_nothing("fewer than two raters", int(there.sum()))
    table = _centred(ratings[there])
    n = table.shape[0]
    if n < 2:
        return Estimate.of_nothing(FEW_ITEMS, n)
    columns = np.column_stack([np.ones(n), table, (table**2).sum(axis=1), table.sum(axis=1) ** 2 / raters])

    def correlation(sums: Floats) -> Floats:
        count, by_rater, squares, by_item = sums[:, 0], sums[:, 1:-2], sums[:, -2], sums[:, -1]
        mean = by_rater.sum(axis=1) ** 2 / (count * raters)
        items = np.maximum(by_item - mean, 0)
        columns = np.maximum((by_rater**2).sum(axis=1) / count - mean, 0)
        rest = np.maximum(squares - mean - items - columns, 0)
        freedom = np.where(
            count > 1.5, count - 1, np.nan
        )  # NaN: a cluster that holds all items but one is left out
        item_mean, rater_mean, rest_mean = (
            items / freedom,
            columns / (raters - 1),
            rest / (freedom * (raters - 1)),
        )
        total = item_mean + (raters - 1) * rest_mean + raters / count * (rater_mean - rest_mean)
        return np.clip(
            defined_ratio(item_mean - rest_mean, np.where(total > 1e-12, total, 0)), -1 / (raters - 1), 1
        )

    return delete_one_estimate(
        columns,
        None if clusters is None else clusters[there],
        correlation,
        n=n,
        undefined=NO_VARIATION,
        transform=(_to_fisher(raters), _from_fisher(raters)),
        confidence=confidence,
    )


def _centred(table: Floats) -> Floats:
    """Away from their mean and by their spread, so that squares lose no digits and a unit changes nothing."""
    if table.size == 0:
        return table
    away = table - table.mean()
    spread = float(np.sqrt((away**2).mean()))
    scaled: Floats = away / (spread or 1.0)
    return scaled


def _to_fisher(raters: int) -> Statistic:
    """Fisher's scale for the correlation of `raters` ratings an item: −∞ at −1/(k − 1), ∞ at 1."""

    def scale(correlations: Floats) -> Floats:
        with np.errstate(divide="ignore"):
            values: Floats = (np.log1p((raters - 1) * correlations) - np.log1p(-correlations)) / 2
        return values

    return scale


def _from_fisher(raters: int) -> Statistic:
    def back(values: Floats) -> Floats:
        grown = np.expm1(2 * values)
        correlations: Floats = np.where(np.isposinf(grown), 1.0, grown / (grown + raters))
        return correlations

    return back
