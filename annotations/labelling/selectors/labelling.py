"""The annotation screen: a task as its annotator sees it, or why there is none.

Annotators are blind: nothing read here tells the model, the run, a judge, or a control item from another task.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min
from django.utils import timezone

from annotations.labelling.selectors.questions import asked_definitions
from annotations.labelling.selectors.standing import (
    MOST_IN_HAND,
    labels_wanted_of,
    must_qualify,
    standing_of,
)
from annotations.models import Assignment, ImportedItem, Label, Member, Task
from annotations.models.campaign import CampaignStatus
from annotations.models.task import AssignmentStatus
from core.db.prepared import prepared_row, the_row
from evaluation.models.dataset import LETTERS
from perg.rubrics.criterion import Criterion
from perg.rubrics.entries import Entries, in_other_order, other_order


@dataclass(frozen=True, slots=True)
class NothingToLabel:
    """Why a person has no task now: `code` for programs, `message` for the person."""

    code: str
    message: str


def why_nothing_to_label(member: Member) -> NothingToLabel:
    """Why `claim_task` has just found nothing for the member."""
    if reason := _of_campaign(member) or _of_member(member):
        return reason
    standing = standing_of(member)
    if len(standing.in_hand) >= MOST_IN_HAND:
        return NothingToLabel("in_hand", "You have two tasks in hand: label or skip one of them first.")
    if standing.quota_is_reached:
        return NothingToLabel("quota_reached", "You have labelled as much as one person may here. Thank you.")
    return _of_tasks(member)


def _of_campaign(member: Member) -> NothingToLabel | None:
    match member.campaign.status:
        case CampaignStatus.PAUSED:
            return NothingToLabel("paused", "This campaign is paused. Your labels are kept.")
        case CampaignStatus.CLOSED:
            return NothingToLabel("closed", "This campaign is closed. Thank you.")
        case CampaignStatus.ARCHIVED:
            return NothingToLabel("archived", "This campaign is over and archived. Thank you.")
    return None


def _of_member(member: Member) -> NothingToLabel | None:
    if member.paused_at is not None:
        return NothingToLabel(
            "member_paused", f"You are paused in this campaign. {member.pause_reason}".strip()
        )
    if must_qualify(member):
        return NothingToLabel("not_qualified", "Pass the qualification round first, then you can label here.")
    return None


def _of_tasks(member: Member) -> NothingToLabel:
    campaign = member.campaign
    had = Assignment.objects.filter(member=member).exclude(status=AssignmentStatus.RELEASED).values("task")
    next_free = (
        Assignment.objects.filter(task__campaign=campaign, status=AssignmentStatus.LEASED)
        .exclude(member=member)
        .exclude(task__in=had)
        .filter(task__wanted_labels__gt=0)
        .aggregate(at=Min("leased_until"))["at"]
    )
    if next_free is not None:
        return NothingToLabel(
            "all_leased",
            "Other people have the last tasks in hand. If one is given back, it is free again at "
            f"{_minute(next_free)} UTC.",
        )
    if Task.objects.filter(campaign=campaign, open_slots__gt=0).exists():
        return NothingToLabel(
            "done_by_you",
            "You have done all that you can here; what is left is for other people. Thank you.",
        )
    return NothingToLabel("all_done", "Every task of this campaign is labelled. Thank you.")


def _minute(moment: datetime) -> str:
    """With the day where that is not today."""
    pattern = "%H:%M" if moment.date() == timezone.now().date() else "%H:%M on %-d %B"
    return moment.strftime(pattern)


def labelled_by(member: Member) -> int:
    """How many tasks the member has labelled, control items among them."""
    (count,) = the_row(
        "SELECT count(*) FROM annotations_assignment WHERE member_id = %s AND submitted_at IS NOT NULL",
        [member.pk],
    )
    return int(count)


@dataclass(frozen=True, slots=True)
class EnteredDraft:
    """What was entered of a response, or the `answers` of an imported item, in the order in which it is shown."""

    version: int = 0
    score: int | None = None
    answer_correct: str = ""
    comment: str = ""
    seconds: float = 0
    answers: Entries | None = None


@dataclass(frozen=True, slots=True)
class CurrentLabel:
    """A label as its author sees it: the first of two outputs is the one that was shown first."""

    revision: int
    score: int | None
    answer_correct: str
    comment: str
    answers: Entries | None = None


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An imported item as its annotator sees it: what is shown, and what is asked of it, in the order shown."""

    exhibit: str
    is_swapped: bool
    criteria: Sequence[Criterion]


@dataclass(frozen=True, slots=True)
class ShownTask:
    """All that the screen shows of an assignment. `labelled` counts all that its person has labelled.

    `baseline` is None where none is on record. Of an imported item, `question` is its beginning, and the rest is in
    `item`.
    """

    assignment: int
    status: str
    question: str
    options: list[tuple[str, str]]
    preference: str
    baseline: str | None
    personalised: str
    draft: EnteredDraft
    label: CurrentLabel | None
    previous: int | None
    flags: int
    labelled: int
    item: ShownItem | None = None


# One query for what would be eight: the screen asks for this with every label. It is in two parts, each with few
# tables, because planning a join of all of them takes five times as long as running it.
_PLACE = """
    WITH place AS MATERIALIZED (
        SELECT assignment.id, assignment.status, {of_task},
            draft.version, draft.score, draft.answer_correct, draft.comment, draft.seconds, {of_draft}
            label.revision, label.score AS label_score, label.answer_correct AS label_answer_correct,
            label.comment AS label_comment, {of_label}
            (
                SELECT earlier.id FROM annotations_assignment AS earlier
                WHERE earlier.member_id = assignment.member_id AND earlier.id < assignment.id
                ORDER BY earlier.id DESC LIMIT 1
            ) AS previous,
            (SELECT count(*) FROM annotations_flag AS flag WHERE flag.assignment_id = assignment.id) AS flags,
            (
                SELECT count(*) FROM annotations_assignment AS done
                WHERE done.member_id = assignment.member_id AND done.submitted_at IS NOT NULL
            ) AS labelled
        FROM annotations_assignment AS assignment
        JOIN annotations_task AS task ON task.id = assignment.task_id
        LEFT JOIN annotations_draft AS draft ON draft.assignment_id = assignment.id
        LEFT JOIN LATERAL (
            SELECT * FROM annotations_label WHERE assignment_id = assignment.id ORDER BY revision DESC LIMIT 1
        ) AS label ON true
        WHERE assignment.id = %s
    )
"""
_SHOWN = f"""
    {_PLACE.format(of_task="task.response_id", of_draft="", of_label="")}
    SELECT place.*, question.text, question.options,
        coalesce((SELECT text FROM evaluation_preference WHERE id = item.preference_id), ''),
        (
            SELECT text FROM evaluation_response
            WHERE item_id = item.id AND condition = 'baseline' AND extraction <> 'missing'
        ),
        personalised.text
    FROM place
    JOIN evaluation_response AS personalised ON personalised.id = place.response_id
    JOIN evaluation_item AS item ON item.id = personalised.item_id
    JOIN evaluation_question AS question ON question.id = item.question_id
"""
_SHOWN_ITEM = f"""
    {
    _PLACE.format(
        of_task="task.imported_item_id, assignment.is_swapped",
        of_draft="draft.answers,",
        of_label="label.answers AS label_answers,",
    )
}
    SELECT place.*, item.campaign_id, item.position, item.exhibit
    FROM place JOIN annotations_importeditem AS item ON item.id = place.imported_item_id
"""


def shown_task(assignment: Assignment) -> ShownTask:
    row = prepared_row(_SHOWN, [assignment.pk])
    if row is None:  # its task is on no response
        return _shown_item(assignment)
    key, status, _, *rest = row
    draft, label, (previous, flags, labelled, question, options, *texts) = rest[:5], rest[5:9], rest[9:]
    preference, baseline, personalised = texts
    return ShownTask(
        assignment=key,
        status=status,
        question=question,
        options=list(zip(LETTERS, options, strict=False)),
        preference=preference,
        baseline=baseline,
        personalised=personalised,
        draft=EnteredDraft(*draft) if draft[0] is not None else EnteredDraft(),
        label=CurrentLabel(*label) if label[0] is not None else None,
        previous=previous,
        flags=flags,
        labelled=labelled,
    )


def _shown_item(assignment: Assignment) -> ShownTask:
    key, status, item, is_swapped, *rest = the_row(_SHOWN_ITEM, [assignment.pk])
    *draft, entered = rest[:6]
    *label, answers = rest[6:11]
    previous, flags, labelled, campaign, position, exhibit = rest[11:]
    criteria = asked_definitions(campaign)
    given = json.loads(answers) if answers else {}
    if is_swapped:
        given, criteria = other_order(criteria, given), in_other_order(criteria)
    of = ImportedItem(pk=item, position=position, exhibit=json.loads(exhibit))
    return ShownTask(
        assignment=key,
        status=status,
        question=of.first_words,
        options=[],
        preference="",
        baseline=None,
        personalised="",
        draft=EnteredDraft(*[*draft, json.loads(entered or "{}")])
        if draft[0] is not None
        else EnteredDraft(),
        label=CurrentLabel(*[*label, given]) if label[0] is not None else None,
        previous=previous,
        flags=flags,
        labelled=labelled,
        item=ShownItem(exhibit, is_swapped, criteria),
    )


def answers_shown(label: Label) -> Entries | None:
    """The answers of a label in the order in which its author saw the outputs; None for a label with a score."""
    if label.answers is None or not label.assignment.is_swapped:
        return label.answers
    return other_order(asked_definitions(label.assignment.task.campaign_id), label.answers)


@dataclass(frozen=True, slots=True)
class NextTask:
    """A task to label, or why there is none; the member has labelled `done` tasks of the `wanted` ones."""

    task: ShownTask | None
    nothing: NothingToLabel | None
    done: int
    wanted: int | None


def next_task(member: Member, assignment: Assignment | None) -> NextTask:
    """What the member gets to see of the assignment, or why there is none."""
    wanted = labels_wanted_of(member)
    if assignment is None:
        return NextTask(None, why_nothing_to_label(member), labelled_by(member), wanted)
    shown = shown_task(assignment)
    return NextTask(shown, None, shown.labelled, wanted)
