"""How well each person of a campaign does: their labels as arrays, and what the pure functions make of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import connection
from django.db.models import Max, QuerySet
from numpy.typing import NDArray

from annotations.models import Campaign, Member
from core.models import AuditEvent
from perg.stats.base.estimate import Estimate
from perg.stats.base.proportions import Flags
from perg.stats.base.resampling import Draws, Floats
from perg.stats.raters import quality
from perg.stats.raters.quality import AnnotatorQuality, Bars
from perg.stats.ratings.ratings import Codes, Ratings

SEED = 0
"""Of the bootstrap, so that the same labels always show the same intervals."""

RESUMED = "member.resumed"


# Every revision, packed into one value as `_REVISION` reads it: making tuples and moments of 300,000 labels would be
# most of the time that the figures take. Moments are microseconds since 1970.
REVISIONS = """
    SELECT string_agg(
        int8send(assignment.id) || int8send(label.revision) || int8send(task.id) || int8send(item.question_id)
        || int8send(assignment.member_id) || int8send((extract(epoch FROM assignment.submitted_at) * 1000000)::bigint)
        || float8send(coalesce(label.seconds, 'NaN')) || int2send(label.score::smallint)
        || int2send(coalesce(known.score, -1)::smallint) || int2send(coalesce(known.tolerance, 0)::smallint)
        || int2send((
            (task.kind = 'control')::int + 2 * (assignment.is_surplus OR assignment.is_set_aside)::int
        )::smallint),
        ''
    )
    FROM annotations_task AS task
    JOIN annotations_assignment AS assignment ON assignment.task_id = task.id
    JOIN annotations_label AS label ON label.assignment_id = assignment.id
    JOIN evaluation_response AS response ON response.id = task.response_id
    JOIN evaluation_item AS item ON item.id = response.item_id
    LEFT JOIN annotations_knownscore AS known ON known.task_id = task.id
    WHERE task.campaign_id = %(campaign)s AND task.kind IN ('regular', 'control') AND assignment.status = 'submitted'
        AND assignment.submitted_at IS NOT NULL
"""
_REVISION = np.dtype(
    [
        *((name, ">i8") for name in ("assignment", "revision", "task", "question", "member", "at")),
        ("seconds", ">f8"),
        *((name, ">i2") for name in ("score", "known", "tolerance", "flags")),
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class CampaignLabels:
    """All labels of a campaign in the order of their submission, as arrays of one length.

    `rest` is the median of the other people's votes on the same task, NaN where there are none and for control
    items; `is_right` tells of control items only; `seconds` is NaN where no time was measured.
    """

    tasks: Codes
    questions: Codes
    members: Codes
    scores: Ratings
    rest: Ratings
    is_control: Flags
    has_vote: Flags
    is_right: Flags
    seconds: Floats
    submitted_at: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PersonQuality:
    """A member with their figures, and those that are surely below the campaign's bars (`below`)."""

    member: Member
    figures: AnnotatorQuality
    below: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an automatic pause rests on: the figures of the labels made since a lead last let the member go on."""

    member: Member
    control_accuracy: Estimate
    agreement: Estimate
    below: tuple[str, ...]


def bars_of(campaign: Campaign) -> Bars:
    return Bars(campaign.lowest_control_accuracy, campaign.lowest_agreement)


def campaign_labels(campaign: Campaign) -> CampaignLabels:
    """The newest revision of every label on regular tasks and control items, surplus and set aside ones included.

    The time is that of the first revision.
    """
    with connection.cursor() as cursor:
        cursor.execute(REVISIONS, {"campaign": campaign.pk})
        (packed,) = cursor.fetchone()
    revisions = np.frombuffer(packed or b"", dtype=_REVISION)
    revisions = revisions[np.lexsort((revisions["revision"], revisions["assignment"]))]
    is_first = np.diff(revisions["assignment"], prepend=-1) != 0
    is_newest = np.roll(is_first, -1)  # what comes before the first of the next
    rows, seconds = revisions[is_newest], revisions["seconds"][is_first]
    order = np.argsort(rows["at"], kind="stable")
    rows, seconds = rows[order], seconds[order]
    tasks, members = rows["task"].astype(np.int64), rows["member"].astype(np.int64)
    scores = rows["score"].astype(np.float64)
    is_control = (rows["flags"] & 1) != 0
    has_vote = rows["flags"] == 0
    return CampaignLabels(
        tasks=tasks,
        questions=rows["question"].astype(np.int64),
        members=members,
        scores=scores,
        rest=quality.leave_one_out_medians(tasks, members, scores, has_vote),
        is_control=is_control,
        has_vote=has_vote,
        is_right=is_control & (np.abs(rows["score"] - rows["known"]) <= rows["tolerance"]),
        seconds=seconds.astype(np.float64),
        submitted_at=rows["at"].astype(np.int64) / 1e6,
    )


def figures_of(labels: CampaignLabels, member: Member, *, minimum_seconds: int | None) -> AnnotatorQuality:
    """One member's figures from all labels of the campaign."""
    mine = labels.members == member.pk
    regular, control = mine & ~labels.is_control, mine & labels.is_control
    own, rest, questions = labels.scores[regular], labels.rest[regular], labels.questions[regular]
    seconds = labels.seconds[regular & ~np.isnan(labels.seconds)]
    others = labels.has_vote & ~mine & np.isin(labels.tasks, labels.tasks[regular])
    return AnnotatorQuality(
        labels=own.size,
        agreement=_agreement(own, rest, questions),
        control_accuracy=quality.control_accuracy(labels.is_right[control]),
        seconds=quality.median_seconds(seconds),
        fast=quality.share_fast(seconds, minimum_seconds),
        drift=quality.drift(own, rest, draws=_draws(questions)),
        own_counts=quality.score_counts(own),
        rest_counts=quality.score_counts(labels.scores[others]),
    )


def _agreement(own: Ratings, rest: Ratings, questions: Codes) -> Estimate:
    return quality.agreement_with_rest(own, rest, draws=_draws(questions))


def _draws(questions: Codes) -> Draws:
    return Draws(rng=np.random.default_rng(SEED), clusters=questions)


def agreement_of(labels: CampaignLabels, chosen: Flags) -> Estimate:
    """The agreement of the chosen labels, all by one person, with the others'."""
    return _agreement(labels.scores[chosen], labels.rest[chosen], labels.questions[chosen])


def figures_by_member(campaign: Campaign, *, only: Member | None = None) -> dict[int, AnnotatorQuality]:
    """The figures of every member, or one of them, by primary key, from all labels as they are now."""
    labels = campaign_labels(campaign)
    return {
        member.pk: figures_of(labels, member, minimum_seconds=campaign.minimum_seconds)
        for member in (_members(campaign) if only is None else [only])
    }


def members_without_figures(campaign: Campaign, figures: Mapping[int, AnnotatorQuality]) -> list[Member]:
    """Members of whom no figures have been computed yet, by name."""
    return list(_members(campaign).exclude(pk__in=figures))


def people_with_figures(campaign: Campaign, figures: Mapping[int, AnnotatorQuality]) -> list[PersonQuality]:
    """Every member of whom there are figures, by name, as the members and the bars are now."""
    bars = bars_of(campaign)
    return [
        _judged(member, figures[member.pk], bars) for member in _members(campaign) if member.pk in figures
    ]


def person_with_figures(campaign: Campaign, member: Member, figures: AnnotatorQuality) -> PersonQuality:
    """One member with the figures that there are of them."""
    return _judged(member, figures, bars_of(campaign))


def _judged(member: Member, figures: AnnotatorQuality, bars: Bars) -> PersonQuality:
    below = quality.surely_below_bars(figures.control_accuracy, figures.agreement, bars)
    return PersonQuality(member, figures, below)


def evidence_for_pausing(campaign: Campaign) -> list[Evidence]:
    """Members at work who are surely below a bar, by the labels that they made since a lead last resumed them.

    So nobody is paused again on what a lead has seen already: there must be as many new answers as the rule asks for.
    """
    bars = bars_of(campaign)
    if bars.control_accuracy is None and bars.agreement is None:
        return []
    labels, since = campaign_labels(campaign), resumed_at(campaign)
    evidence = []
    for member in _members(campaign).filter(is_active=True, paused_at__isnull=True):
        mine = labels.members == member.pk
        if member.pk in since:
            mine &= labels.submitted_at > since[member.pk].timestamp()
        regular = mine & ~labels.is_control
        accuracy = quality.control_accuracy(labels.is_right[mine & labels.is_control])
        agreement = agreement_of(labels, regular)
        if below := quality.surely_below_bars(accuracy, agreement, bars):
            evidence.append(Evidence(member, accuracy, agreement, below))
    return evidence


def resumed_at(campaign: Campaign) -> dict[int, datetime]:
    """When a lead last let each member go on after a pause, by member; the audit log is what remembers it."""
    events = (
        AuditEvent.objects.of(campaign)
        .filter(action=RESUMED)
        .order_by()
        .values_list("details__member")
        .annotate(at=Max("at"))
    )
    return {int(member): at for member, at in events}


def _members(campaign: Campaign) -> QuerySet[Member]:
    return campaign.members.select_related("user", "paused_by").order_by("user__username")
