"""The items that people have labelled, and what people say of each: what judges are compared with."""

from dataclasses import dataclass, replace

import numpy as np

from perg.stats.base.resampling import Clusters
from perg.stats.items.reference import most_common
from perg.stats.items.validation_input import ValidationInput
from perg.stats.ratings.ratings import Ratings, RatingTable

NO_DECISION = "it is not stated which label is a failure"


@dataclass(frozen=True, slots=True, eq=False)
class LabelledItems:
    """The m items that a person rated or that were adjudicated.

    Attributes:
        rows: (m,) their places among the n items of the input.
        humans, judges: their ratings. clusters: (m,) their questions.
        cut: followed = rating >= cut; None if it is not stated what a failure is. On a nominal scale the labels
            whose codes are below it are the failures.
        score: (m,) the people's median, or on a nominal scale their most common label; NaN where there is none.
        categories: those of the scale, with half steps where a median has them.
        majority: (m,) 1 = followed by most people, 0 = not, NaN = tied or not rated; None without a cut.
        decision: (m,) the same, but as adjudicated where that was done.
        adjudicated: (m,) as adjudicated, NaN where it was not done.
    """

    rows: Clusters
    humans: RatingTable
    judges: RatingTable
    clusters: Clusters
    cut: float | None
    score: Ratings
    categories: tuple[float, ...]
    majority: Ratings | None
    decision: Ratings | None
    adjudicated: Ratings | None


def labelled_items(data: ValidationInput) -> LabelledItems:
    """Select the labelled items, with people's ratings of them."""
    rated = ~np.isnan(data.people.values).all(axis=1)
    if data.gold is not None:
        rated = rated | ~np.isnan(data.gold)
    rows = np.flatnonzero(rated).astype(np.int64)
    table = data.table
    chosen = replace(table, units=tuple(table.units[row] for row in rows), values=table.values[rows])
    humans, judges = chosen.select(data.ratings.people), chosen.select(data.ratings.judges)
    nominal = data.ratings.scale == "nominal"
    score = most_common(humans) if nominal else humans.aggregate(humans.raters)
    cut = data.threshold
    gold = None if data.gold is None else data.gold[rows]
    majority = decision = adjudicated = None
    if cut is not None:
        majority = humans.followed(cut).aggregate(humans.raters, "majority")
        if gold is not None:
            adjudicated = np.where(np.isnan(gold), np.nan, gold >= cut)
        decision = majority if adjudicated is None else np.where(np.isnan(adjudicated), majority, adjudicated)
    return LabelledItems(
        rows=rows,
        humans=humans,
        judges=judges,
        clusters=data.clusters[rows],
        cut=cut,
        score=score,
        categories=humans.with_column("\0score", score).categories,
        majority=majority,
        decision=decision,
        adjudicated=adjudicated,
    )
