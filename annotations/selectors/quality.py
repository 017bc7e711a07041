"""How well each person of a campaign does: their labels as arrays, and what the pure functions make of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import Max, QuerySet
from numpy.typing import NDArray

from annotations.agreement import quality
from annotations.agreement.quality import AnnotatorQuality, Bars
from annotations.agreement.ratings import Codes, Ratings
from annotations.models import AuditEvent, Campaign, Label, Member
from annotations.models.task import AssignmentStatus, TaskKind
from evaluation.statistics.estimate import Estimate
from evaluation.statistics.proportions import Flags
from evaluation.statistics.resampling import Floats

SEED = 0
"""Of the bootstrap, so that the same labels always show the same intervals."""

RESUMED = "member.resumed"


@dataclass(frozen=True, slots=True)
class _Row:
    """A submitted label: its newest score, and the time that its first revision took."""

    task: int
    question: int
    member: int
    is_control: bool
    has_vote: bool
    score: int
    is_right: bool
    seconds: float
    submitted_at: datetime


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
    """The newest revision of every label on regular tasks and control items, surplus and set aside ones included."""
    rows = sorted(_rows(campaign), key=lambda row: row.submitted_at)

    def codes(values: Iterable[int]) -> Codes:
        return np.fromiter(values, dtype=np.int64, count=len(rows))

    def flags(values: Iterable[bool]) -> Flags:
        return np.fromiter(values, dtype=np.bool_, count=len(rows))

    def floats(values: Iterable[float]) -> Floats:
        return np.fromiter(values, dtype=np.float64, count=len(rows))

    tasks, members = codes(row.task for row in rows), codes(row.member for row in rows)
    scores, has_vote = floats(row.score for row in rows), flags(row.has_vote for row in rows)
    return CampaignLabels(
        tasks=tasks,
        questions=codes(row.question for row in rows),
        members=members,
        scores=scores,
        rest=quality.leave_one_out_medians(tasks, members, scores, has_vote),
        is_control=flags(row.is_control for row in rows),
        has_vote=has_vote,
        is_right=flags(row.is_right for row in rows),
        seconds=floats(row.seconds for row in rows),
        submitted_at=floats(row.submitted_at.timestamp() for row in rows),
    )


def _rows(campaign: Campaign) -> Iterable[_Row]:
    """One row per submitted assignment; revisions come in order, so that the last one met is the newest."""
    revisions = (
        Label.objects.filter(
            assignment__task__campaign=campaign,
            assignment__task__kind__in=[TaskKind.REGULAR, TaskKind.CONTROL],
            assignment__status=AssignmentStatus.SUBMITTED,
        )
        .order_by("assignment_id", "revision")
        .values_list(
            "assignment_id",
            "assignment__task_id",
            "assignment__task__response__item__question_id",
            "assignment__member_id",
            "assignment__task__kind",
            "assignment__is_surplus",
            "assignment__is_set_aside",
            "assignment__submitted_at",
            "assignment__task__known_score__score",
            "assignment__task__known_score__tolerance",
            "score",
            "seconds",
        )
    )
    rows: dict[int, _Row] = {}
    for (
        assignment, task, question, member, kind, is_surplus, is_set_aside, at, known, tolerance, score, seconds,
    ) in revisions.iterator(chunk_size=5000):  # fmt: skip
        if at is None:
            continue  # A constraint keeps submitted assignments from lacking their time.
        earlier = rows.get(assignment)
        rows[assignment] = _Row(
            task=task,
            question=question,
            member=member,
            is_control=kind == TaskKind.CONTROL,
            has_vote=kind == TaskKind.REGULAR and not is_surplus and not is_set_aside,
            score=score,
            is_right=kind == TaskKind.CONTROL and abs(score - known) <= tolerance,
            seconds=earlier.seconds if earlier else np.nan if seconds is None else seconds,
            submitted_at=at,
        )
    return rows.values()


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
        drift=quality.drift(own, rest, clusters=questions, rng=np.random.default_rng(SEED)),
        own_counts=quality.score_counts(own),
        rest_counts=quality.score_counts(labels.scores[others]),
    )


def _agreement(own: Ratings, rest: Ratings, questions: Codes) -> Estimate:
    return quality.agreement_with_rest(own, rest, clusters=questions, rng=np.random.default_rng(SEED))


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

    So nobody is paused again on what a lead has seen already: as many answers as the rule asks for must come anew.
    """
    bars = bars_of(campaign)
    if bars.control_accuracy is None and bars.agreement is None:
        return []
    labels, since, found = campaign_labels(campaign), resumed_at(campaign), []
    for member in _members(campaign).filter(is_active=True, paused_at__isnull=True):
        mine = labels.members == member.pk
        if member.pk in since:
            mine &= labels.submitted_at > since[member.pk].timestamp()
        regular = mine & ~labels.is_control
        accuracy = quality.control_accuracy(labels.is_right[mine & labels.is_control])
        agreement = _agreement(labels.scores[regular], labels.rest[regular], labels.questions[regular])
        if below := quality.surely_below_bars(accuracy, agreement, bars):
            found.append(Evidence(member, accuracy, agreement, below))
    return found


def resumed_at(campaign: Campaign) -> dict[int, datetime]:
    """When a lead last let each member go on after a pause, by member; the audit log is what remembers it."""
    events = (
        AuditEvent.objects.filter(campaign=campaign, action=RESUMED)
        .order_by()
        .values_list("details__member")
        .annotate(at=Max("at"))
    )
    return {int(member): at for member, at in events}


def _members(campaign: Campaign) -> QuerySet[Member]:
    return campaign.members.select_related("user", "paused_by").order_by("user__username")
