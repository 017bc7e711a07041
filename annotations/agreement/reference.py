"""What people say of each unit, as one rating: what a judge, or one of them, is held against."""

import numpy as np

from annotations.agreement.ratings import Codes, Ratings, RatingTable


def most_common(table: RatingTable) -> Ratings:
    """The label that most people gave each unit (n_units,); NaN where two are as common, or there is none."""
    labels = single_mode(label_counts(table.codes(), len(table.categories)))
    categories = np.asarray(table.categories, dtype=np.float64)
    return np.where(labels < 0, np.nan, categories[labels])


def labels_of_others(codes: Codes, size: int) -> Codes:
    """The label that most of the other people gave (n_units, n_people), −1 where there is none."""
    counts = label_counts(codes, size)
    columns = [single_mode(counts - (own[:, np.newaxis] == np.arange(size))) for own in codes.T]
    return np.stack(columns, axis=1) if columns else np.empty(codes.shape, dtype=np.int64)


def label_counts(codes: Codes, size: int) -> Codes:
    """How many people gave each unit each label: (n_units, size) from codes (n_units, n_people), −1 for none."""
    return np.stack([(codes == label).sum(axis=1) for label in range(size)], axis=1)


def single_mode(counts: Codes) -> Codes:
    """The label (n_units,) with the highest of the counts (n_units, size); −1 where two are as high, or all are 0."""
    most = counts.max(axis=1, initial=0)
    single = (most > 0) & ((counts == most[:, np.newaxis]).sum(axis=1) == 1)
    return np.where(single, counts.argmax(axis=1), -1)


def medians_of_others(values: Ratings) -> Ratings:
    """The median of the other people's ratings (n_units, n_people), NaN where there is none."""
    medians = np.full(values.shape, np.nan)
    for column in range(values.shape[1]):
        others = np.delete(values, column, axis=1)
        rated = ~np.isnan(others).all(axis=1)
        if rated.any():
            medians[rated, column] = np.nanmedian(others[rated], axis=1)
    return medians
