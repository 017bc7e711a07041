"""Creating a campaign: drawing its sample and gathering its people."""

import random
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from annotations.models import Campaign, Guidelines, Member, Task
from annotations.models.campaign import CampaignStatus, Role, Sampling
from evaluation.errors import Conflict, DomainError
from evaluation.models import Response, Rubric, Run
from evaluation.models.endpoint import DEFAULT_THRESHOLD
from evaluation.models.item import Condition

STRATUM_FIELD = {
    Sampling.RANDOM: None,
    Sampling.BY_RUN: "item__run__name",
    Sampling.BY_SOURCE: "item__question__source",
    Sampling.BY_PREFERENCE_CATEGORY: "item__preference__category",
    Sampling.BY_PREFERENCE: "item__preference__text",
}
STRATUM_LENGTH = 300
ORDER_KEYS = 2**62


@dataclass(frozen=True, slots=True)
class Drawn:
    """A response in the sample, with the chance that the sampling had of drawing it."""

    response: int
    stratum: str
    probability: float


@transaction.atomic
def create_campaign(
    *,
    name: str,
    runs: Collection[Run],
    rubric: Rubric,
    sample_size: int,
    overlap: int,
    annotators: Iterable[User],
    leads: Iterable[User] = (),
    created_by: User | None = None,
    sampling: str = Sampling.RANDOM,
    seed: int | None = None,
    threshold: int = DEFAULT_THRESHOLD,
    guidelines: str = "",
    lease_seconds: int = 900,
    is_demonstration: bool = False,
) -> Campaign:
    """A campaign with its tasks: `sample_size` personalised responses of the runs, each wanting `overlap` labels.

    Tasks are assigned when people ask for them, never in advance. Raises DomainError where the runs have too few
    responses with a preference to follow, where there are fewer annotators than labels wanted for a response, or
    where the name is taken.
    """
    people = dict.fromkeys(annotators, Role.ANNOTATOR) | dict.fromkeys(leads, Role.LEAD)
    if Campaign.objects.filter(name=name).exists():
        raise Conflict(f"There is a campaign named “{name}” already.", field="name")
    if len(people) < overlap:
        raise DomainError(
            f"Each response wants {overlap} labels by different people, but the campaign has {len(people)} people.",
            field="overlap",
        )
    seed = random.SystemRandom().randrange(2**31) if seed is None else seed
    rng = random.Random(seed)
    sample = draw_sample(runs, sampling=sampling, size=sample_size, rng=rng)
    campaign = Campaign.objects.create(
        name=name,
        rubric=rubric,
        sample_size=sample_size,
        overlap=overlap,
        max_overlap=overlap,
        sampling=sampling,
        seed=seed,
        threshold=threshold,
        lease_seconds=lease_seconds,
        is_demonstration=is_demonstration or any(run.is_demonstration for run in runs),
        created_by=created_by,
    )
    campaign.runs.set(runs)
    if guidelines:
        Guidelines.objects.create(campaign=campaign, version=1, text=guidelines, created_by=created_by)
    Member.objects.bulk_create(
        Member(campaign=campaign, user=user, role=role) for user, role in people.items()
    )
    Task.objects.bulk_create(
        (
            Task(
                campaign=campaign,
                response_id=drawn.response,
                order_key=rng.randrange(ORDER_KEYS),
                wanted_labels=overlap,
                open_slots=overlap,
                stratum=drawn.stratum[:STRATUM_LENGTH],
                inclusion_probability=drawn.probability,
            )
            for drawn in sample
        ),
        batch_size=2000,
    )
    return campaign


def draw_sample(runs: Collection[Run], *, sampling: str, size: int, rng: random.Random) -> list[Drawn]:
    """`size` of the runs' personalised responses, drawn without replacement, at random or by stratum.

    Stratified: every stratum gives its share of `size`, rounded by largest remainder, but at least one response
    where `size` allows. Raises DomainError for a size of less than 1 or more than there are.
    """
    field = STRATUM_FIELD[Sampling(sampling)]
    responses = Response.objects.filter(
        item__run__in=runs, condition=Condition.PERSONALISED, item__preference__isnull=False
    ).order_by("pk")
    rows = (
        responses.values_list("pk", field)
        if field
        else ((pk, "") for pk in responses.values_list("pk", flat=True))
    )
    strata: defaultdict[str, list[int]] = defaultdict(list)
    for pk, stratum in rows:
        strata[stratum].append(pk)
    available = sum(map(len, strata.values()))
    if not 1 <= size <= available:
        raise DomainError(
            f"There are {available} responses with a preference to follow: a sample of {size} cannot be drawn.",
            field="sample_size",
        )
    names = sorted(strata)
    shares = allocate(size, [len(strata[name]) for name in names])
    return [
        Drawn(response, name, share / len(strata[name]))
        for name, share in zip(names, shares, strict=True)
        for response in rng.sample(strata[name], share)
    ]


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


def set_campaign_status(*, campaign: Campaign, status: CampaignStatus) -> Campaign:
    """Open, pause or close a campaign. Labels in hand are still accepted; only an open one hands out tasks."""
    if not Campaign.objects.filter(pk=campaign.pk).exclude(status=status).update(status=status):
        raise Conflict(f"The campaign is {status.label.lower()} already.")
    campaign.status = status
    return campaign
