"""Krippendorff's alpha of sets of labels, with the distance of Jaccard or of MASI.

    Jaccard  1 − |A ∩ B| / |A ∪ B|
    MASI     1 − |A ∩ B| / |A ∪ B| × m,  m = 1 for equal sets, 2/3 if one holds the other, 1/3 if they overlap, 0 if not

Two empty sets are equal. Distances of distinct sets are computed a block at a time, so that memory grows with the
ratings and not with the square of the sets. The interval leaves out one cluster at a time, to first order, on the scale
of log (1 − α).

Sources: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011); Passonneau, LREC 2006, 831–836 (MASI); Jaccard
(1901). nltk's `masi_distance` rounds the thirds to 0.33 and 0.67.
"""

from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from perg.stats.base.delete_one import FEW_FREEDOM, FEW_MATTER, NO_VARIATION
from perg.stats.base.estimate import Estimate
from perg.stats.base.intervals import interval_warnings
from perg.stats.base.resampling import Clusters, Floats, dense_codes
from perg.stats.labels.given_labels import GivenLabels

SetDistance = Literal["jaccard", "masi"]

BLOCK_ELEMENTS = 2**20
NO_PAIRS = "no item has two ratings"
UNANIMOUS = "unanimous: all sets are the same"


def set_alpha(
    sets: GivenLabels,
    item: NDArray[np.integer],
    *,
    distance: SetDistance = "masi",
    clusters: Clusters | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Alpha of ratings (r) that are sets: `sets` has a row a rating, `item` (r,) says of which item; n = items.

    Ratings of an item that has only one count for nothing. `clusters` (r,) are resampled as wholes, the items if not
    given. Undefined without an item with two ratings, and where all sets are the same.

    Raises:
        ValueError: not one item (and cluster) a rating.
    """
    if item.shape != (sets.n,) or (clusters is not None and clusters.shape != item.shape):
        raise ValueError("one item, and one cluster, a rating is needed")
    times = np.bincount(dense_codes(item)) if item.size else np.zeros(0, dtype=np.int64)
    pairable = times[dense_codes(item)] >= 2 if item.size else np.zeros(0, dtype=np.bool_)
    if not pairable.any():
        return Estimate.of_nothing(NO_PAIRS)
    items = dense_codes(item[pairable])
    distinct, of_rating = _distinct_sets(sets.given[np.flatnonzero(pairable)])
    n = int(items.max()) + 1
    if distinct.shape[0] == 1:
        return Estimate.of_nothing(UNANIMOUS, n)
    observed = _within_items(distinct, of_rating, items, distance)
    parts = items if clusters is None else dense_codes(clusters[pairable])
    return _alpha(observed, _to_all(distinct, of_rating, distance), items, parts, n, confidence)


def _alpha(
    observed: Floats, to_all: Floats, items: Clusters, parts: Clusters, n: int, confidence: float
) -> Estimate:
    """From each rating's distance to the others of its item, divided by their number, and to all ratings: (r,)."""
    ratings = observed.size
    within, anywhere = float(observed.sum()), float(to_all.sum()) / (ratings - 1)
    value = 1 - within / anywhere
    count = int(parts.max()) + 1
    if count < 2:
        return Estimate.of(value, n, None, warnings=interval_warnings(count))
    if within <= 0:
        return Estimate.of(value, n, None, warnings=(NO_VARIATION, *interval_warnings(count)))
    # log(1 − α) = log within − log anywhere + terms in the number of ratings; a rating changes `to_all` on both sides.
    influence = observed / within - 2 * to_all / to_all.sum() + 1 / ratings
    by_cluster = np.bincount(parts, influence)
    squares = by_cluster**2
    second = float(squares.sum())
    doubt = max(float((squares**2).sum()) / second**2 - 1 / count, 1e-12)
    freedom = max(min(2 / doubt, count - 1.0), 1.0)
    reach = -float(scipy.special.stdtrit(freedom, (1 - confidence) / 2)) * float(
        np.sqrt(second * count / (count - 1))
    )
    ends = 1 - (1 - value) * np.exp(reach), 1 - (1 - value) * np.exp(-reach)
    warnings = (*interval_warnings(count), *((FEW_MATTER,) if freedom < FEW_FREEDOM else ()))
    return Estimate.of(value, n, (float(ends[0]), float(ends[1])), warnings=warnings)


def _distinct_sets(given: "scipy.sparse.csr_array") -> tuple["scipy.sparse.csr_array", NDArray[np.int64]]:
    """The distinct rows (d, k), and which of them each rating (r,) is."""
    codes: dict[bytes, int] = {}
    first, of_rating = [], np.empty(given.shape[0], dtype=np.int64)
    for row in range(given.shape[0]):
        key = given.indices[given.indptr[row] : given.indptr[row + 1]].tobytes()
        if key not in codes:
            codes[key] = len(codes)
            first.append(row)
        of_rating[row] = codes[key]
    return given[np.asarray(first)], of_rating


def _distances(a: "scipy.sparse.csr_array", b: "scipy.sparse.csr_array", kind: SetDistance) -> Floats:
    """Between all rows of a (p, k) and of b (q, k): (p, q)."""
    both = np.asarray((a @ b.T).todense(), dtype=np.float64)
    size_a, size_b = np.diff(a.indptr)[:, np.newaxis], np.diff(b.indptr)[np.newaxis]
    return _distance(both, size_a, size_b, kind)


def _distance(
    both: Floats, size_a: NDArray[np.integer], size_b: NDArray[np.integer], kind: SetDistance
) -> Floats:
    """From sizes of intersections and of the sets; two empty sets are equal."""
    union = size_a + size_b - both
    jaccard = np.divide(both, union, out=np.ones_like(both), where=union > 0)
    if kind == "masi":
        equal = union == both
        nested = both == np.minimum(size_a, size_b)
        jaccard = jaccard * np.where(equal, 1.0, np.where(nested, 2 / 3, 1 / 3))
    distances: Floats = 1 - jaccard
    return distances


def _to_all(distinct: "scipy.sparse.csr_array", of_rating: NDArray[np.int64], kind: SetDistance) -> Floats:
    """The sum of each rating's distances to all ratings: (r,)."""
    times = np.bincount(of_rating).astype(np.float64)
    step = max(1, BLOCK_ELEMENTS // times.size)
    sums = [
        _distances(distinct[start : start + step], distinct, kind) @ times
        for start in range(0, times.size, step)
    ]
    return np.asarray(np.concatenate(sums)[of_rating])


def _within_items(
    distinct: "scipy.sparse.csr_array", of_rating: NDArray[np.int64], items: Clusters, kind: SetDistance
) -> Floats:
    """Each rating's mean distance to the other ratings of its item: (r,). Pair by pair of places within the items."""
    order = np.argsort(items, kind="stable")
    times = np.bincount(items)
    sums = np.zeros(items.size)
    codes, sizes = of_rating[order], np.diff(distinct.indptr)
    ends = np.cumsum(times)[items[order]]
    for apart in range(1, int(times.max())):
        left = np.flatnonzero(np.arange(items.size) + apart < ends)
        right = left + apart
        for start in range(0, left.size, BLOCK_ELEMENTS):
            a, b = left[start : start + BLOCK_ELEMENTS], right[start : start + BLOCK_ELEMENTS]
            both = np.asarray(distinct[codes[a]].multiply(distinct[codes[b]]).sum(axis=1)).ravel()
            distances = _distance(both.astype(np.float64), sizes[codes[a]], sizes[codes[b]], kind)
            np.add.at(sums, a, distances)
            np.add.at(sums, b, distances)
    means = np.empty(items.size)
    means[order] = sums / (times[items[order]] - 1)
    return means
