"""The distinct patterns of ratings, and the labels that units of a pattern can have: what models of raters work on.

Units with the same ratings by the same raters have the same posterior, so what a step of a fit expects is computed once
a pattern and counted as often as it occurs. Only labels that are possible are held, not all of them for every unit.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from perg.stats.base.pooling import row_keys
from perg.stats.base.resampling import Floats
from perg.stats.measures.alpha import value_counts
from perg.stats.ratings.ratings import Codes


@dataclass(frozen=True, slots=True, eq=False)
class RatingPatterns:
    """The distinct rows of a table of ratings, without those that nobody rated.

    Attributes:
        codes: (p, r) the distinct rows of category codes, −1 where missing.
        times: (p,) how many units each stands for. units: (m,) the units that somebody rated, and pattern_of: (m,)
            their patterns.
        pattern, rater, label: (t,) the ratings of the patterns, by pattern.
        size: number of categories.
    """

    codes: Codes
    times: Codes
    units: Codes
    pattern_of: Codes
    pattern: Codes
    rater: Codes
    label: Codes
    size: int

    @classmethod
    def of(cls, codes: Codes, size: int) -> Self:
        """From category codes (n_units, r) below `size`, −1 where missing."""
        units = np.flatnonzero((codes >= 0).any(axis=1))
        _, first, pattern_of, times = np.unique(
            row_keys(codes[units]), return_index=True, return_inverse=True, return_counts=True
        )
        distinct = codes[units][first]
        pattern, rater = np.nonzero(distinct >= 0)
        return cls(distinct, times, units, pattern_of.ravel(), pattern, rater, distinct[pattern, rater], size)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Labels that the units of each pattern can have: `pattern` and `label`, (c,) each, by pattern, then by label."""

    pattern: Codes
    label: Codes

    def normalised(self, joint: Floats, times: Codes) -> tuple[Floats, float]:
        """Posterior probabilities (c,) from the logarithms of joint ones (c,), and the units' log-likelihood."""
        starts = np.flatnonzero(np.diff(self.pattern, prepend=-1))
        highest = np.maximum.reduceat(joint, starts)
        relative = np.exp(joint - highest[self.pattern])
        totals = np.add.reduceat(relative, starts)
        return relative / totals[self.pattern], float(times @ (highest + np.log(totals)))


def observed_labels(patterns: RatingPatterns) -> tuple[Candidates, Floats]:
    """The labels observed in each pattern, and their shares of its ratings (c,)."""
    pattern, label, count = value_counts(patterns.codes)
    ratings = (patterns.codes >= 0).sum(axis=1)
    return Candidates(pattern, label), count / ratings[pattern]
