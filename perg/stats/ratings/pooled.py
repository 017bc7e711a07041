"""A table of ratings by its distinct rows, with one bootstrap for everything that is asked of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from perg.stats.base.pooling import PooledBootstrap, pool
from perg.stats.base.resampling import Draws
from perg.stats.ratings.ratings import Ratings, RatingTable


@dataclass(frozen=True, slots=True, eq=False)
class PooledTable:
    """The distinct rows of a rating table, and the bootstrap that draws them.

    Everything computed from one pooled table shares its resamples, so replicates can be subtracted from one
    another. Units that nobody rated are drawn too, and count for nothing.

    Attributes:
        table: one row for each distinct row of ratings; its units are numbered.
        bootstrap: draws of the original units, or of whole clusters of them.
    """

    table: RatingTable
    bootstrap: PooledBootstrap

    @classmethod
    def of(cls, table: RatingTable, draws: Draws) -> Self:
        """Pool a table of units.

        Raises:
            ValueError: not one cluster id per unit.
        """
        pools = pool(table.codes(), draws.clusters)
        distinct = replace(table, units=tuple(range(pools.first.size)), values=table.values[pools.first])
        return cls(distinct, PooledBootstrap(pools, draws))

    def with_column(self, name: str, values: Ratings) -> "PooledTable":
        """One more rater whose rating follows from the others': one value a distinct row (see `RatingTable`)."""
        return replace(self, table=self.table.with_column(name, values))

    def n(self, pools: NDArray[np.bool_]) -> int:
        """How many units the flagged distinct rows (u,) stand for."""
        return int(self.bootstrap.pools.sizes[pools].sum())

    def rated(self, raters: Sequence[str]) -> NDArray[np.bool_]:
        """Which distinct rows (u,) have a rating by any of these raters."""
        return np.asarray((~np.isnan(self.table.select(raters).values)).any(axis=1))
