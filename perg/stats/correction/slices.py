"""Parts of a run: the corrected rate in each, and where the judge is significantly worse.

Sources: Fisher's exact test; Holm, Scandinavian Journal of Statistics 6 (1979) 65–70. With items that share questions,
the test is of the difference of error rates with a variance summed by question (Liang & Zeger, Biometrika 73 (1986)
13–22).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import NDArray

from perg.stats.base.estimate import Estimate
from perg.stats.base.multiple_tests import holm
from perg.stats.base.proportions import Flags, proportion
from perg.stats.base.resampling import Clusters, Draws, Floats, dense_codes
from perg.stats.correction.correction import CorrectedRates, corrected_rates
from perg.stats.estimators.judged_sample import JudgedSample
from perg.stats.measures.kappa import pairwise
from perg.stats.ratings.ratings import BINARY, Ratings, category_codes

Labels = NDArray[np.str_]

LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class CorrectedSlice:
    """The corrected rates of one part of a run."""

    name: str
    rates: CorrectedRates


def corrected_slices(
    sample: JudgedSample, category: Labels, *, confidence: float = 0.95
) -> tuple[CorrectedSlice, ...]:
    """The rates of each category (N,), in alphabetical order.

    Labels drawn at random within strata are so within a stratum's part in a slice, too; a slice in which a stratum's
    part has no label has no corrected rate, and says so.

    Raises:
        ValueError: not one category per item.
    """
    if category.shape != (sample.judged,):
        raise ValueError("one category per item is needed")
    names, codes = np.unique(category, return_inverse=True)
    return tuple(
        CorrectedSlice(
            str(name),
            corrected_rates(sample.select(codes == code), confidence=confidence),
        )
        for code, name in enumerate(names)
    )


@dataclass(frozen=True, slots=True)
class JudgeSlice:
    """The judge in one slice of one facet and elsewhere in that facet.

    Attributes:
        facet, name: such as "source" and "cais/mmlu". n: units in the slice that judge and people both decided.
        accuracy, kappa: in the slice; accuracy_elsewhere, kappa_elsewhere: on the facet's other units.
        p_value: one-sided, of an error rate no higher than elsewhere; None if there is nothing to compare.
        corrected_p_value: over all slices that could be tested. worse: whether it is at most the level.
    """

    facet: str
    name: str
    n: int
    accuracy: Estimate
    accuracy_elsewhere: Estimate
    kappa: Estimate
    kappa_elsewhere: Estimate
    p_value: float | None
    corrected_p_value: float | None
    worse: bool


def judge_slices(
    judge: Ratings,
    reference: Ratings,
    facets: Mapping[str, Labels],
    *,
    draws: Draws,
) -> tuple[JudgeSlice, ...]:
    """Judge against people's decision, both (n,) of 1 = followed, 0 = not, NaN = not said, in every slice.

    `facets` maps a facet to the slice of each unit (n,); "" for units that belong to none. Slices come facet by facet
    in alphabetical order. Without shared clusters the p-value is Fisher's. A low error rate where failures are rare
    can hide a judge that never finds one: look at kappa beside it.

    Raises:
        ValueError: arrays of different shapes, or values other than 0, 1 and NaN.
    """
    if judge.shape != reference.shape or any(slices.shape != judge.shape for slices in facets.values()):
        raise ValueError("judge, reference and every facet are vectors over the same units")
    judged, truth = category_codes(judge, BINARY), category_codes(reference, BINARY)
    both = (judged >= 0) & (truth >= 0)
    ids = np.arange(judge.size) if draws.clusters is None else draws.clusters
    draws = replace(draws, clusters=ids)
    wrong = judged != truth

    def kappa(among: Flags) -> Estimate:
        return pairwise(judge[among], reference[among], BINARY, draws=draws.among(among)).cohen_kappa

    def accuracy(among: Flags) -> Estimate:
        return proportion(~wrong, among=among, clusters=ids, confidence=draws.confidence)

    rows = []
    for facet, slices in facets.items():
        for name in np.unique(slices[slices != ""]):
            inside = both & (slices == name)
            outside = both & (slices != name) & (slices != "")
            rows.append(
                JudgeSlice(
                    facet=facet,
                    name=str(name),
                    n=int(inside.sum()),
                    accuracy=accuracy(inside),
                    accuracy_elsewhere=accuracy(outside),
                    kappa=kappa(inside),
                    kappa_elsewhere=kappa(outside),
                    p_value=_worse_p_value(wrong, inside, outside, ids),
                    corrected_p_value=None,
                    worse=False,
                )
            )
    return _corrected(rows)


def quantile_slices(values: Floats, *, unit: str = "") -> Labels:
    """A number such as response length (n,) as thirds of about equal size, named by their bounds; "" for NaN.

    Equal values share a slice, so that there may be fewer.
    """
    known = ~np.isnan(values)
    names = np.full(values.shape, "", dtype=object)
    if known.any():
        cuts = np.unique(np.quantile(values[known], [1 / 3, 2 / 3]))
        codes = np.searchsorted(cuts, values[known], side="left")
        labels = np.full(codes.shape, "", dtype=object)
        for number, code in enumerate(np.unique(codes), start=1):
            among = values[known][codes == code]
            labels[codes == code] = f"{number}: {among.min():g}–{among.max():g}{unit and ' ' + unit}"
        names[known] = labels
    return names.astype(np.str_)


def _worse_p_value(wrong: Flags, inside: Flags, outside: Flags, clusters: Clusters) -> float | None:
    n, other = int(inside.sum()), int(outside.sum())
    if n == 0 or other == 0:
        return None
    errors, elsewhere = int(wrong[inside].sum()), int(wrong[outside].sum())
    either = inside | outside
    code = dense_codes(clusters[either])
    n_clusters = int(code.max()) + 1
    if n_clusters == n + other:
        return float(scipy.stats.hypergeom.sf(errors - 1, n + other, errors + elsewhere, n))
    parts = np.where(inside, (wrong - errors / n) / n, 0) - np.where(
        outside, (wrong - elsewhere / other) / other, 0
    )
    by_cluster = np.bincount(code, parts[either])
    variance = float((by_cluster**2).sum()) * n_clusters / max(n_clusters - 1, 1)
    if variance < 1e-12:
        return None
    return float(
        scipy.special.stdtr(max(n_clusters - 1, 1), (elsewhere / other - errors / n) / np.sqrt(variance))
    )


def _corrected(judge_slices: list[JudgeSlice]) -> tuple[JudgeSlice, ...]:
    rows = list(judge_slices)
    tested = [i for i, row in enumerate(rows) if row.p_value is not None]
    adjusted = holm(np.array([rows[i].p_value for i in tested], dtype=np.float64))
    for i, p in zip(tested, adjusted.tolist(), strict=True):
        rows[i] = replace(rows[i], corrected_p_value=p, worse=p <= LEVEL)
    return tuple(rows)
