"""How well an extractor's letters agree with those on record."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import proportion
from perg.stats.base.resampling import Clusters


@dataclass(frozen=True, slots=True)
class ExtractionAgreement:
    """`decided`: of the responses with a letter on record, the share for which the extractor has one. `equal`: of those
    decided, the share with the letter on record. `undecided`: of the responses that choose no option by the record, the
    share for which the extractor has no letter either.
    """

    decided: Estimate
    equal: Estimate
    undecided: Estimate


def extraction_agreement(
    extracted: Sequence[str],
    recorded: Sequence[str],
    *,
    clusters: Clusters,
) -> ExtractionAgreement:
    """Of n responses, the letters extracted and on record (empty: none) and the question of each, shape (n,).

    Intervals are those of `proportion`, with questions as clusters. Raises ValueError if the lengths differ.
    """
    if not len(extracted) == len(recorded) == clusters.size:
        raise ValueError("one letter, one letter on record and one question per response are needed")
    has_letter = np.array([bool(letter) for letter in recorded], dtype=np.bool_)
    decided = np.array([bool(letter) for letter in extracted], dtype=np.bool_)
    equal = np.array([one == other for one, other in zip(extracted, recorded, strict=True)], dtype=np.bool_)
    return ExtractionAgreement(
        decided=proportion(decided, among=has_letter, clusters=clusters),
        equal=proportion(equal, among=has_letter & decided, clusters=clusters),
        undecided=proportion(~decided, among=~has_letter, clusters=clusters),
    )
