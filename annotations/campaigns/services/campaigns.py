"""Creating a campaign, changing what is harmless to change in it, and opening, closing and archiving it."""

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NotRequired, TypedDict, Unpack

from django.db import IntegrityError, transaction

from annotations.campaigns.services.campaign_makers import check_maker, rubric_at_first
from annotations.campaigns.services.campaign_spec import CampaignSpec, check_overlap
from annotations.campaigns.services.sampling import Drawn, draw_sample
from annotations.labelling.services.assignment import free_leases
from annotations.labelling.services.resolution import settle_task
from annotations.models import Campaign, Guidelines, Member, Task
from annotations.models.campaign import CampaignStatus, Role
from annotations.models.task import TaskState
from core.audit.writing import record
from core.errors import Conflict, DomainError
from core.models import User
from core.names import check_name

STRATUM_LENGTH = 300
ORDER_KEYS = 2**62

TRANSITIONS: Mapping[CampaignStatus, Collection[CampaignStatus]] = {
    CampaignStatus.OPEN: (CampaignStatus.PAUSED, CampaignStatus.CLOSED),
    CampaignStatus.PAUSED: (CampaignStatus.OPEN, CampaignStatus.CLOSED),
    CampaignStatus.CLOSED: (CampaignStatus.OPEN, CampaignStatus.ARCHIVED),
    CampaignStatus.ARCHIVED: (CampaignStatus.CLOSED,),
}
"""What a campaign of each status may become. An archived one comes back closed, as it was."""


@transaction.atomic
def create_campaign(*, spec: CampaignSpec, created_by: User | None = None) -> Campaign:
    """A campaign with its tasks: `sample_size` personalised responses of the runs, each wanting `overlap` labels, and
    where those disagree more, one by one, up to `max_overlap`. A lead who makes a campaign leads it; for staff that
    goes without saying.

    Tasks are assigned when people ask for them, never in advance. Raises DomainError where the runs have too few
    responses with a preference to follow, or not the judges that the sampling needs, where there are fewer people
    than a response may want labels, or where the name is taken; NotAllowed for who may make no campaign, and NotFound
    for what they may not make it of. `created_by` None: the platform or an operator.
    """
    roles = spec.roles
    if created_by is not None:
        check_maker(created_by, runs=spec.runs, people=roles, rubric=spec.rubric)
        roles |= {} if created_by.is_staff else {created_by: Role.LEAD}
    columns = spec.columns()
    check_overlap(spec.overlap, columns["max_overlap"], people=len(roles))
    check_name(spec.name)
    if Campaign.objects.filter(name=spec.name).exists():
        raise Conflict(f"There is a campaign named “{spec.name}” already.", field="name")
    seed = random.SystemRandom().randrange(2**31) if spec.seed is None else spec.seed
    rng = random.Random(seed)
    sample = draw_sample(
        spec.runs,
        sampling=spec.sampling,
        size=spec.sample_size,
        rng=rng,
        threshold=spec.threshold,
        enriched_share=columns["enriched_share"],
    )
    rubric = spec.rubric or rubric_at_first(created_by)
    campaign = Campaign.objects.create(rubric=rubric, seed=seed, created_by=created_by, **columns)
    campaign.runs.set(spec.runs)
    if spec.guidelines:
        Guidelines.objects.create(campaign=campaign, version=1, text=spec.guidelines, created_by=created_by)
    Member.objects.bulk_create(
        Member(campaign=campaign, user=user, role=role) for user, role in roles.items()
    )
    _create_tasks(campaign, sample, rng)
    record(
        "campaign.created",
        actor=created_by,
        scope=campaign,
        subject=campaign,
        runs=sorted(run.name for run in spec.runs),
        sampling=spec.sampling,
        seed=seed,
        drawn=Counter(drawn.stratum for drawn in sample).most_common(50),
        annotators=_names(roles, Role.ANNOTATOR),
        leads=_names(roles, Role.LEAD),
    )
    return campaign


def _names(roles: Mapping[User, Role], role: Role) -> list[str]:
    return sorted(user.get_username() for user, its_role in roles.items() if its_role == role)


def _create_tasks(campaign: Campaign, sample: Sequence[Drawn], rng: random.Random) -> None:
    Task.objects.bulk_create(
        (
            Task(
                campaign=campaign,
                response_id=drawn.response,
                order_key=rng.randrange(ORDER_KEYS),
                wanted_labels=campaign.overlap,
                open_slots=campaign.overlap,
                stratum=drawn.stratum[:STRATUM_LENGTH],
                inclusion_probability=drawn.probability,
            )
            for drawn in sample
        ),
        batch_size=2000,
    )


class Changes(TypedDict):
    """What may change while people label: nothing here makes the labels before and after mean different things."""

    labels_per_person: NotRequired[int | None]
    minimum_seconds: NotRequired[int | None]
    control_every: NotRequired[int | None]
    lowest_control_accuracy: NotRequired[float | None]
    lowest_agreement: NotRequired[float | None]
    reveals_judges: NotRequired[bool]
    max_overlap: NotRequired[int]
    lease_seconds: NotRequired[int]


@transaction.atomic
def change_settings(*, campaign: Campaign, actor: User, **changes: Unpack[Changes]) -> Campaign:
    """Change what is harmless to change. The most labels of a response may only rise.

    Disputed tasks that have not reached the new maximum ask people for one more label before they come to a lead; those
    that a lead has sent to adjudication stay there.
    """
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    before = {field: getattr(campaign, field) for field in Changes.__annotations__}
    changed = {field: value for field, value in changes.items() if before[field] != value}
    highest = changes.get("max_overlap", campaign.max_overlap)
    if highest < campaign.max_overlap:
        raise DomainError(
            f"The most labels of a response may only rise: it is {campaign.max_overlap} now.",
            field="max_overlap",
        )
    if "max_overlap" in changed:
        check_overlap(campaign.overlap, highest, people=campaign.members.filter(is_active=True).count())
    if not changed:
        return campaign
    for field, value in changed.items():
        setattr(campaign, field, value)
    campaign.save(update_fields=list(changed))
    if "max_overlap" in changed:
        for task in (
            campaign.tasks.select_for_update(no_key=True).filter(state=TaskState.DISPUTED).order_by("pk")
        ):
            settle_task(task)
    record(
        "campaign.changed",
        actor=actor,
        scope=campaign,
        subject=campaign,
        before={field: before[field] for field in changed},
        after=changed,
    )
    return campaign


@transaction.atomic
def add_members(*, campaign: Campaign, people: Collection[User], role: str, actor: User) -> list[Member]:
    """Bring people who have an account into the campaign. Raises Conflict where one of them was in it before."""
    try:
        with transaction.atomic():
            members = Member.objects.bulk_create(
                Member(campaign=campaign, user=user, role=Role(role)) for user in people
            )
    except IntegrityError as error:
        raise Conflict("One of these people is or was in the campaign already.", field="people") from error
    for member in members:
        record(
            "member.added",
            actor=actor,
            scope=campaign,
            subject=member,
            username=member.user.get_username(),
            role=role,
        )
    return members


@transaction.atomic
def set_campaign_status(*, campaign: Campaign, status: CampaignStatus, actor: User | None = None) -> Campaign:
    """Open, pause, close, archive or reopen a campaign; only an open one hands out tasks.

    Closing takes back what people have in hand; what they submit all the same is accepted. Raises Conflict where the
    campaign is that already, or where its status does not lead there.
    """
    if status in {CampaignStatus.OPEN, CampaignStatus.PAUSED} and not campaign.is_labelled:
        raise Conflict(
            "These ratings were made elsewhere. Begin labelling first: choose items and people.",
            code="status_refused",
        )
    sources = [before for before, after in TRANSITIONS.items() if status in after]
    # Locked, so that the log names the status that this change started from.
    before = (
        Campaign.objects.select_for_update(no_key=True).values_list("status", flat=True).get(pk=campaign.pk)
    )
    if not Campaign.objects.filter(pk=campaign.pk, status__in=sources).update(status=status):
        now = CampaignStatus(before)
        raise Conflict(
            f"The campaign is {status.label.lower()} already."
            if now == status
            else f"A campaign that is {now.label.lower()} does not become {status.label.lower()} at once.",
            code="status_refused",
        )
    released = (
        free_leases(of=Member.objects.filter(campaign=campaign)) if status == CampaignStatus.CLOSED else 0
    )
    campaign.status = status
    record(
        f"campaign.{'reopened' if status == CampaignStatus.OPEN else status.value}",
        actor=actor,
        scope=campaign,
        subject=campaign,
        before=before,
        released=released,
    )
    return campaign
