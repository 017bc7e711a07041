"""Drawing a campaign's sample: strata, how many each gives, and every response's chance of being drawn.

Whatever the design, every response that could be drawn has a chance above 0, and the chance of those that were drawn
is known. That is what lets a sample that is not a fair picture of its runs still give a fair estimate of them.
"""

import random
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_high

from annotations.models.campaign import Sampling
from core.errors import DomainError
from evaluation.models import Judge, Judgment, Response, Run
from evaluation.models.dataset import PreferenceCategory
from evaluation.models.endpoint import DEFAULT_THRESHOLD
from evaluation.models.item import Condition
from evaluation.models.judgment import JudgmentStatus

STRATUM_FIELD = {
    Sampling.BY_RUN: "item__run__name",
    Sampling.BY_SOURCE: "item__question__source",
    Sampling.BY_PREFERENCE_CATEGORY: "item__preference__category",
    Sampling.BY_PREFERENCE: "item__preference__text",
}
DISAGREE = "judges disagree"
REST = "judges do not disagree"
UNSCORED = "unscored"
DEFAULT_SHARE = 0.5
"""Of an enriched sample, the part drawn where judges disagree."""
FAR_APART = 2
"""Judges' scores so far apart, or farther, disagree even on one side of the threshold."""

Strata = Mapping[str, Sequence[int]]
"""Primary keys of responses by the name of their stratum."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A response in the sample, with the chance that the sampling had of drawing it."""

    response: int
    stratum: str
    probability: float


def draw_sample(
    runs: Collection[Run],
    *,
    sampling: str,
    size: int,
    rng: random.Random,
    threshold: int = DEFAULT_THRESHOLD,
    enriched_share: float | None = None,
) -> list[Drawn]:
    """`size` of the runs' personalised responses that have a preference to follow, drawn without replacement.

    Raises DomainError for a size of less than 1 or more than there are, and where the design needs judges that the
    runs do not have.
    """
    sampling = Sampling(sampling)
    strata = _strata(runs, sampling, threshold)
    available = sum(map(len, strata.values()))
    if not 1 <= size <= available:
        raise DomainError(
            f"There are {available} responses with a preference to follow: a sample of {size} cannot be drawn.",
            field="sample_size",
        )
    if sampling == Sampling.ENRICHED:
        return draw_enriched(strata, size=size, share=enriched_share or DEFAULT_SHARE, rng=rng)
    return draw_stratified(strata, size=size, rng=rng)


def draw_stratified(strata: Strata, *, size: int, rng: random.Random) -> list[Drawn]:
    """Every stratum gives its share of `size`, see `allocate`, drawn at random; one stratum is a random sample.

    Where there are more strata than places, a stratum without a place would have no chance. Then the sample is
    systematic: every k-th of the responses sorted by stratum, from a random start, so that all have the same chance
    and no stratum gets more than its share rounded up.
    """
    names = sorted(strata)
    counts = [len(strata[name]) for name in names]
    if size < len(names):
        return _draw_systematically(strata, names, size=size, rng=rng)
    return _draw(strata, dict(zip(names, allocate(size, counts), strict=True)), rng)


def draw_enriched(strata: Strata, *, size: int, share: float, rng: random.Random) -> list[Drawn]:
    """`share` of the sample from DISAGREE, as far as that goes, the rest from REST; neither goes without.

    Raises DomainError where the judges disagree nowhere, or where the sample is too small for both.
    """
    disagree, rest = len(strata.get(DISAGREE, ())), len(strata.get(REST, ()))
    if not disagree:
        raise DomainError(
            "The judges disagree on none of these responses: there is nothing to enrich the sample with.",
            field="sampling",
        )
    if rest and size < 2:
        raise DomainError("An enriched sample has at least 2 responses.", field="sample_size")
    least, most = max(1, size - rest), min(disagree, size - min(rest, 1))
    enriched = min(max(round(share * size), least), most)
    return _draw(strata, {DISAGREE: enriched} | ({REST: size - enriched} if rest else {}), rng)


def allocate(size: int, strata: Sequence[int]) -> list[int]:
    """How many of `size` each stratum gives, in proportion to its size, by largest remainder.

    If `size` allows, no stratum goes without; none gives more than it has. `size` is at most the sum of `strata`.
    """
    total = sum(strata)
    exact = [size * count / total for count in strata]
    least = 1 if size >= len(strata) else 0
    shares = [min(max(int(share), least), count) for share, count in zip(exact, strata, strict=True)]
    by_remainder = sorted(range(len(strata)), key=lambda i: exact[i] - shares[i], reverse=True)
    while (missing := size - sum(shares)) != 0:
        step = 1 if missing > 0 else -1
        order = by_remainder if step > 0 else by_remainder[::-1]
        for i in order:
            if sum(shares) == size:
                break
            if least <= shares[i] + step <= strata[i]:
                shares[i] += step
    return shares


def _draw(strata: Strata, shares: Mapping[str, int], rng: random.Random) -> list[Drawn]:
    return [
        Drawn(response, name, share / len(strata[name]))
        for name, share in sorted(shares.items())
        for response in rng.sample(strata[name], share)
    ]


def _draw_systematically(
    strata: Strata, names: Sequence[str], *, size: int, rng: random.Random
) -> list[Drawn]:
    # Strata and what is in them in random order: any two responses may then be drawn together.
    in_order = [
        (response, name)
        for name in rng.sample(names, len(names))
        for response in rng.sample(strata[name], len(strata[name]))
    ]
    step = len(in_order) / size
    start = rng.random() * step
    places = [min(int(start + step * i), len(in_order) - 1) for i in range(size)]
    return [Drawn(*in_order[place], 1 / step) for place in places]


def _strata(runs: Collection[Run], sampling: Sampling, threshold: int) -> Strata:
    responses = Response.objects.filter(
        item__run__in=runs, condition=Condition.PERSONALISED, item__preference__isnull=False
    ).order_by("pk")
    strata: defaultdict[str, list[int]] = defaultdict(list)
    if field := STRATUM_FIELD.get(sampling):
        for pk, stratum in responses.values_list("pk", field):
            strata[_named(sampling, stratum)].append(pk)
        return strata
    if sampling == Sampling.RANDOM:
        return {"": list(responses.values_list("pk", flat=True))}
    enriched = sampling == Sampling.ENRICHED
    scores = _scores_of(runs, _judges_of(runs, least=2 if enriched else 1))
    for pk in responses.values_list("pk", flat=True):
        judged = scores.get(pk, [])
        if enriched:
            strata[DISAGREE if judges_disagree(judged, threshold=threshold) else REST].append(pk)
        else:
            strata[score_stratum(judged)].append(pk)
    return strata


def _named(sampling: Sampling, stratum: str) -> str:
    if sampling == Sampling.BY_PREFERENCE_CATEGORY and stratum:
        return PreferenceCategory(stratum).label
    return stratum or "(not given)"


def judges_disagree(scores: Sequence[int], *, threshold: int) -> bool:
    """Whether judges' scores lie on both sides of the threshold, or FAR_APART; fewer than two never disagree."""
    if len(scores) < 2:
        return False
    low, high = min(scores), max(scores)
    return low < threshold <= high or high - low >= FAR_APART


def score_stratum(scores: Sequence[int]) -> str:
    """The median of the judges' scores, the upper one of two middle ones; UNSCORED where no judge gave any."""
    return f"judged {median_high(scores)}" if scores else UNSCORED


def _judges_of(runs: Collection[Run], *, least: int) -> list[Judge]:
    """The judges that scored responses of the runs. The heuristic floor counts only where too few others did.

    Raises DomainError where there are fewer than `least` even so.
    """
    judges = list(
        Judge.objects.filter(
            pk__in=Judgment.objects.filter(
                response__item__run__in=runs, status=JudgmentStatus.SCORED, replicate=1
            ).values("judge")
        ).select_related("endpoint")
    )
    if len(judges) < least:
        others = f"only “{judges[0]}” has scored them" if judges else "no judge has scored them yet"
        needed = "at least two judges" if least > 1 else "a judge"
        raise DomainError(
            f"This sampling needs {needed} on the runs, but {others}. Have the runs judged first, or sample otherwise.",
            code="judges_missing",
            field="sampling",
        )
    models = [judge for judge in judges if not judge.is_floor]
    return models if len(models) >= least else judges


def _scores_of(runs: Collection[Run], judges: Collection[Judge]) -> dict[int, list[int]]:
    """The judges' scores by response; the first replicate of each, as in the agreement report."""
    scores: defaultdict[int, list[int]] = defaultdict(list)
    for response, score in Judgment.objects.filter(
        response__item__run__in=runs, judge__in=judges, status=JudgmentStatus.SCORED, replicate=1
    ).values_list("response", "score"):
        if score is not None:
            scores[response].append(score)
    return scores
