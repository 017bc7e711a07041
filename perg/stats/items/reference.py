"""What people say of each unit, as one rating: what a judge, or one of them, is compared with."""

import numpy as np

from perg.stats.measures.alpha import value_counts
from perg.stats.ratings.ratings import Codes, Ratings, RatingTable


def most_common(table: RatingTable) -> Ratings:
    """The label that most people gave each unit (n_units,); NaN where two are as common, or there is none."""
    modes = single_modes(*value_counts(table.codes()), len(table.units))
    categories = np.asarray(table.categories, dtype=np.float64)
    return np.where(modes < 0, np.nan, categories[modes])


def labels_of_others(codes: Codes) -> Codes:
    """The label that most of the other people gave, (n_units, n_people) from codes of that shape; −1 for none."""
    unit, label, count = value_counts(codes)
    columns = [
        single_modes(unit, label, count - (codes[unit, person] == label), codes.shape[0])
        for person in range(codes.shape[1])
    ]
    return np.stack(columns, axis=1) if columns else np.empty(codes.shape, dtype=np.int64)


def single_modes(unit: Codes, label: Codes, count: Codes, units: int) -> Codes:
    """The label with the highest count of each unit (units,); −1 where two are as high, or all are 0.

    `unit`, `label` and `count` (t,) are what occurs, as in `value_counts`.
    """
    most = np.zeros(units, dtype=np.int64)
    np.maximum.at(most, unit, count)
    first = (count == most[unit]) & (count > 0)
    single = first & (np.bincount(unit[first], minlength=units)[unit] == 1)
    modes = np.full(units, -1, dtype=np.int64)
    modes[unit[single]] = label[single]
    return modes


def medians_of_others(values: Ratings) -> Ratings:
    """The median of the other people's ratings (n_units, n_people), NaN where there is none."""
    medians = np.full(values.shape, np.nan)
    for column in range(values.shape[1]):
        others = np.delete(values, column, axis=1)
        rated = ~np.isnan(others).all(axis=1)
        if rated.any():
            medians[rated, column] = np.nanmedian(others[rated], axis=1)
    return medians
