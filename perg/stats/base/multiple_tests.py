"""Many tests at once.

Source: Holm, Scandinavian Journal of Statistics 6 (1979) 65–70.
"""

import numpy as np

from perg.stats.base.resampling import Floats


def holm(p_values: Floats) -> Floats:
    """Holm's step-down adjusted p-values (m,), at most 1: the chance of any false finding is kept below the level."""
    m = p_values.size
    order = np.argsort(p_values, kind="stable")
    stepped = np.maximum.accumulate((m - np.arange(m)) * p_values[order]) if m else p_values
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted
