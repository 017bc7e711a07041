"""Beginning to label imported items: which items, how many labels each, by whom, and what is asked."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction

from annotations.campaigns.selectors.items_to_label import ItemsLeft, items_left, tasks_by_stratum
from annotations.campaigns.selectors.new_campaigns import people_to_ask
from annotations.campaigns.services.campaigns import add_members
from annotations.labelling.selectors.questions import askable_criteria, problem_of_choice
from annotations.models import Campaign, Criterion, Task
from annotations.models.campaign import CampaignStatus, Role, Sampling
from core.audit.writing import record
from core.errors import Conflict, DomainError, NotFound
from core.models import User

ORDER_KEYS = 2**48
"""Of one group of items; the next group's begin behind them."""
MOST_GROUPS = 2**14
BATCH = 2000


@dataclass(frozen=True, kw_only=True)
class LabellingSpec:
    """What a lead begins with, or adds.

    Attributes:
        items: how many; None: all that are left.
        labels_per_item: by as many people.
        annotators: who joins the campaign; who is in it labels, too.
        criteria: keys of the criteria to ask.
        sampling: the design; later rounds have that of the first.
        seed: of the sample and the order; None: drawn.
    """

    criteria: Collection[str]
    items: int | None = None
    labels_per_item: int = 1
    annotators: Collection[User] = ()
    sampling: str = Sampling.FEWEST_RATINGS
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class _Drawn:
    item: int
    stratum: str
    group: int


@transaction.atomic
def begin_labelling(*, campaign: Campaign, spec: LabellingSpec, actor: User) -> Campaign:
    """Make tasks of items of an imported campaign, and open it if it is closed; or add tasks to those that it has.

    Each item is drawn at most once. What is asked may change between rounds; labels say what they answered.

    Raises DomainError where there are fewer items, or fewer people than labels, and for a criterion that cannot be
    asked; Conflict for a campaign on runs, one that is archived, and for another design than that of the first round.
    """
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    _check_campaign(campaign)
    rows = _chosen(campaign, spec.criteria)
    _add_people(campaign, spec.annotators, actor)
    people = campaign.members.filter(is_active=True).count()
    if not 1 <= spec.labels_per_item <= people:
        raise DomainError(
            f"Each item wants {spec.labels_per_item} labels by different people, but the campaign has {people} "
            f"{'person' if people == 1 else 'people'}.",
            field="labels_per_item",
        )
    is_first = not campaign.tasks.exists()
    sampling = _sampling(campaign, spec, is_first)
    seed = random.SystemRandom().randrange(2**31) if spec.seed is None else spec.seed
    drawn = _draw(items_left(campaign), spec, sampling, random.Random(seed))
    before = campaign.status
    _change(campaign, spec, sampling, seed if is_first else campaign.seed, is_first)
    campaign.criteria.update(is_asked=False)
    campaign.criteria.filter(pk__in=[row.pk for row in rows]).update(is_asked=True)
    _create_tasks(campaign, drawn, spec.labels_per_item, random.Random(seed))
    _set_probabilities(campaign)
    record(
        "campaign.labelling_begun" if is_first else "campaign.items_added",
        actor=actor,
        scope=campaign,
        subject=campaign,
        before=before,
        items=len(drawn),
        labels_per_item=spec.labels_per_item,
        sampling=sampling,
        seed=seed,
        criteria=sorted(set(spec.criteria)),
        annotators=sorted(person.get_username() for person in spec.annotators),
    )
    return campaign


def _check_campaign(campaign: Campaign) -> None:
    if not campaign.is_imported:
        raise Conflict("The tasks of a campaign on runs were made with it.", code="not_imported")
    if campaign.status == CampaignStatus.ARCHIVED:
        raise Conflict("This campaign is archived: unarchive it first.", code="campaign_archived")


def _chosen(campaign: Campaign, keys: Collection[str]) -> list[Criterion]:
    """The rows of the criteria to ask. Raises DomainError."""
    askable = {criterion.key: criterion for criterion in askable_criteria(campaign)}
    if not keys:
        raise DomainError("Choose at least one criterion to ask.", field="criteria")
    for key in keys:
        if key not in askable:
            raise DomainError(f"There is no criterion “{key[:120]}”.", field="criteria")
        if askable[key].problem:
            raise DomainError(askable[key].problem, code="cannot_be_asked", field="criteria")
    rows = [row for key, criterion in askable.items() if key in keys for row in criterion.rows]
    if problem := problem_of_choice(rows):
        raise DomainError(problem, code="cannot_be_asked", field="criteria")
    return rows


def _add_people(campaign: Campaign, annotators: Collection[User], actor: User) -> None:
    """Raises NotFound for people whom the actor may not ask."""
    known = set(people_to_ask(actor).values_list("pk", flat=True))
    if any(person.pk not in known for person in annotators):
        raise NotFound("There is no such person.", field="annotators")
    members = set(campaign.members.values_list("user", flat=True))
    if joining := [person for person in annotators if person.pk not in members]:
        add_members(campaign=campaign, people=joining, role=Role.ANNOTATOR, actor=actor)


def _sampling(campaign: Campaign, spec: LabellingSpec, is_first: bool) -> str:
    """The design. Two of them in one campaign would leave no known chance of being drawn."""
    if spec.sampling not in dict(Sampling.of_items()):
        raise DomainError("Choose how the items are drawn.", field="sampling")
    if not is_first and spec.sampling != campaign.sampling:
        raise Conflict(
            f"The first items were drawn by another design: {Sampling(campaign.sampling).label.lower()}. "
            "More items are drawn in the same way, so that the chance of each is known.",
            code="another_sampling",
            field="sampling",
        )
    return spec.sampling


def _draw(left: ItemsLeft, spec: LabellingSpec, sampling: str, rng: random.Random) -> list[_Drawn]:
    """The items of this round. Raises DomainError where there are fewer."""
    size = left.count if spec.items is None else spec.items
    if left.count == 0:
        raise Conflict(
            "All items of this campaign are being labelled, or are labelled.", code="no_items_left"
        )
    if not 1 <= size <= left.count:
        raise DomainError(
            f"There are {left.count} items to draw from, so choose 1 to {left.count}.", field="items"
        )
    if sampling == Sampling.RANDOM:
        groups = [("", [item for items in left.by_ratings.values() for item in sorted(items)])]
    else:
        groups = [(stratum_of(people), items) for people, items in sorted(left.by_ratings.items())]
    drawn: list[_Drawn] = []
    for group, (stratum, items) in enumerate(groups):
        chosen = rng.sample(items, min(len(items), size - len(drawn)))
        drawn += [_Drawn(item, stratum, min(group, MOST_GROUPS)) for item in chosen]
    return drawn


def stratum_of(people: int) -> str:
    """The stratum of the items that so many people have rated."""
    return f"rated by {people} {'person' if people == 1 else 'people'}"


def _change(campaign: Campaign, spec: LabellingSpec, sampling: str, seed: int, is_first: bool) -> None:
    """The campaign's own columns. Its overlap is the most that an item of any round wants, so that none loses slots."""
    campaign.sampling, campaign.seed = sampling, seed
    earlier = 0 if is_first else campaign.overlap
    campaign.overlap = campaign.max_overlap = max(spec.labels_per_item, earlier)
    if campaign.status == CampaignStatus.CLOSED:
        campaign.status = CampaignStatus.OPEN
    campaign.save(update_fields=["sampling", "seed", "overlap", "max_overlap", "status"])


def _create_tasks(campaign: Campaign, drawn: Sequence[_Drawn], labels: int, rng: random.Random) -> None:
    """In the order of the groups, at random in each."""
    Task.objects.bulk_create(
        (
            Task(
                campaign=campaign,
                imported_item_id=item.item,
                order_key=item.group * ORDER_KEYS + rng.randrange(ORDER_KEYS),
                wanted_labels=labels,
                open_slots=labels,
                stratum=item.stratum,
                inclusion_probability=1,
            )
            for item in drawn
        ),
        batch_size=BATCH,
    )


def _set_probabilities(campaign: Campaign) -> None:
    """Items of one stratum were drawn at random, in one round or several: each had the same chance of being among
    those that are drawn by now.
    """
    left = items_left(campaign)
    by_people = {stratum_of(people): n for people, n in left.counts}
    for stratum, n in tasks_by_stratum(campaign).items():
        rest = by_people.get(stratum, 0) if stratum else left.count
        campaign.tasks.filter(stratum=stratum).update(inclusion_probability=n / (n + rest))
