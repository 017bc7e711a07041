"""Agreement of a judge and of people with one reference, as functions of sums over units.

Each comparison is of one person: the judge's rating and that person's are compared with the same reference. All three
statistics follow from a few sums over comparisons, so that a unit, or a cluster of units, is taken out, drawn or added
by subtracting or adding its sums, whatever the number of categories.

Besides the units there are a few imagined ones, half of which speak for the judge and half against it. They add nothing
to the estimate, and keep its variance off 0 where by chance judge and people never differed. Source: Bonett & Price,
Journal of Educational and Behavioral Statistics 37 (2012) 479–488, who add one pair to either discordant cell.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import Floats, defined_ratio
from perg.stats.ratings.ratings import Codes, Ratings

MOST_COUNTS = 2**23
"""Counts of labels by unit that are held, 64 MiB."""


class TooManyLabels(ValueError):
    """The labels of all units cannot be counted one by one; the message says how many there are."""


Values = Callable[[Floats], tuple[Floats, Floats]]


@dataclass(frozen=True, slots=True, eq=False)
class PairedSums:
    """The sums of each unit, and how the statistic follows from them.

    Attributes:
        per_unit: (n, k) sums over the comparisons of each unit.
        imagined: (p, k) sums of the imagined units.
        values: the statistic of the judge and of people, (R,) each, from totals (R, k); NaN where undefined.
    """

    per_unit: Floats
    imagined: Floats
    values: Values


def paired_informedness(failed: Flags, people: Flags, judge: Flags, compared: Flags) -> PairedSums:
    """Sensitivity + specificity − 1, from who reports a failure: `failed` is what the reference says.

    All are (n, n_people); `compared` says which comparisons count. Imagined are two units of either kind.
    """
    columns = [
        one.sum(axis=1)
        for side, right in ((failed, True), (~failed, False))
        for one in (
            compared & side,
            compared & side & (judge == right),
            compared & side & (people == right),
        )
    ]
    per_unit = np.stack(columns, axis=1).astype(np.float64)
    imagined = np.zeros((4, 6))
    for start in (0, 3):
        imagined[start // 3 * 2, [start, start + 1]] = _per_unit(per_unit[:, start])
        imagined[start // 3 * 2 + 1, [start, start + 2]] = _per_unit(per_unit[:, start])

    def values(sums: Floats) -> tuple[Floats, Floats]:
        failures, caught_by_judge, caught_by_people, others, passed_by_judge, passed_by_people = sums.T
        return (
            defined_ratio(caught_by_judge, failures) + defined_ratio(passed_by_judge, others) - 1,
            defined_ratio(caught_by_people, failures) + defined_ratio(passed_by_people, others) - 1,
        )

    return PairedSums(per_unit, imagined, values)


def paired_cohen_kappa(referred: Codes, people: Codes, judge: Codes, compared: Flags) -> PairedSums:
    """Cohen's kappa of category codes (n, n_people).

    Agreement by chance rests on the labels that the reference gives, so that only these are counted. Two units are
    imagined, with the reference's marginals; the wrong label is drawn by the same.

    Raises:
        TooManyLabels: more units times labels than `MOST_COUNTS`.
    """
    labels = np.unique(referred[compared])
    size = labels.size
    if 3 * size * referred.shape[0] > MOST_COUNTS:
        raise TooManyLabels(f"too many labels ({size}) on too many units to compare them one by one")

    def counts(codes: Codes) -> Floats:
        per_label = [(compared & (codes == label)).sum(axis=1) for label in labels]
        return np.stack(per_label, axis=1).astype(np.float64) if per_label else np.zeros((codes.shape[0], 0))

    comparisons = compared.sum(axis=1)
    agreed = [(compared & (codes == referred)).sum(axis=1) for codes in (judge, people)]
    head = np.stack([comparisons, *agreed], axis=1).astype(np.float64)
    per_unit = np.concatenate([head, counts(referred), counts(judge), counts(people)], axis=1)
    right = per_unit[:, 3 : 3 + size].sum(axis=0)
    right = right / max(right.sum(), 1)
    wrong = _wrong_label(right)
    imagined = _per_unit(per_unit[:, 0]) * np.stack(
        [
            np.concatenate([[1, 1, 0], right, right, wrong]),
            np.concatenate([[1, 0, 1], right, wrong, right]),
        ]
    )

    def values(sums: Floats) -> tuple[Floats, Floats]:
        total, by_judge, by_people = sums[:, :3].T
        of_reference, of_judge, of_people = np.split(sums[:, 3:], 3, axis=1)
        return tuple(  # type: ignore[return-value]  # of two
            1 - defined_ratio(total * (total - agreed), total**2 - (of_reference * marginal).sum(axis=1))
            for agreed, marginal in ((by_judge, of_judge), (by_people, of_people))
        )

    return PairedSums(per_unit, imagined, values)


def paired_quadratic_kappa(referred: Ratings, people: Ratings, judge: Ratings, compared: Flags) -> PairedSums:
    """Quadratic kappa of ratings (n, n_people) on one evenly spaced scale, NaN where there is none.

    Two units are imagined, with the reference's mean and spread; the wrong rating errs as judge and people do on
    average where they err.
    """
    reference, one, other = (np.where(compared, ratings, 0.0) for ratings in (referred, judge, people))
    errors = np.stack([np.square(one - reference), np.square(other - reference)])
    columns = [compared, reference, reference**2, one, one**2, errors[0], other, other**2, errors[1]]
    per_unit = np.stack([column.sum(axis=1) for column in columns], axis=1).astype(np.float64)
    comparisons = max(per_unit[:, 0].sum(), 1)
    mean, square = per_unit[:, 1].sum() / comparisons, per_unit[:, 2].sum() / comparisons
    error = float(errors[errors > 0].mean()) if (errors > 0).any() else 1.0
    right, wrong = [mean, square, 0], [mean, square + error, error]
    imagined = _per_unit(per_unit[:, 0]) * np.array(
        [[1, mean, square, *right, *wrong], [1, mean, square, *wrong, *right]]
    )

    def values(sums: Floats) -> tuple[Floats, Floats]:
        total, reference, squares = sums[:, :3].T
        return tuple(  # type: ignore[return-value]  # of two
            1
            - defined_ratio(
                total * distance, np.maximum(total * (squares + own_squares) - 2 * reference * own, 0)
            )
            for own, own_squares, distance in (sums[:, 3:6].T, sums[:, 6:].T)
        )

    return PairedSums(per_unit, imagined, values)


def _per_unit(comparisons: Floats) -> float:
    """Comparisons of a unit that has any, on average."""
    return float(comparisons[comparisons > 0].mean()) if (comparisons > 0).any() else 1.0


def _wrong_label(shares: Floats) -> Floats:
    """How often each label is given by somebody who misses a label of these shares and draws another by them."""
    missed = np.divide(shares, 1 - shares, out=np.zeros_like(shares), where=shares < 1)
    wrong: Floats = shares * (missed.sum() - missed)
    return wrong
