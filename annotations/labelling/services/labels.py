"""Drafts and labels: nothing entered is lost, nothing is counted twice."""

import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from psycopg.types.json import Jsonb

from annotations.labelling.selectors.labelling import answers_shown
from annotations.labelling.services.answers import complete_answers
from annotations.labelling.services.resolution import locked_task, resolve, save_settled, settled_values
from annotations.models import Assignment, Campaign, Draft, Label, Task
from annotations.models.campaign import CampaignStatus
from annotations.models.label import AnswerCorrect
from annotations.models.task import AssignmentStatus, TaskKind
from core.audit.writing import record
from core.db.columns import Columns
from core.db.prepared import the_row
from core.errors import Conflict, DomainError
from evaluation.models.endpoint import SCALE
from perg.rubrics.entries import Entries, problem_of_draft

COMMENT_LENGTH = 10_000
LONGEST_FACT = 200
LONGEST_SECONDS = 24 * 60 * 60.0
"""More time on one task than this is a page's clock gone wrong."""


class AlreadyLabelled(Conflict):
    """The task has another label than the page knew: somebody would write over what they have not seen."""

    def __init__(self, label: Label) -> None:
        super().__init__(
            "You have labelled this task in another window meanwhile.",
            code="already_labelled",
            extra={
                "label": {
                    "revision": label.revision,
                    "score": label.score,
                    "answer_correct": label.answer_correct,
                    "comment": label.comment,
                    "answers": answers_shown(label),
                }
            },
        )


def save_draft(
    *,
    assignment: Assignment,
    score: int | None,
    comment: str,
    version: int,
    answer_correct: str = "",
    seconds: float = 0,
    answers: Entries | None = None,
) -> Draft:
    """Keep what has been entered so far. `version` is the one that the page last knew (0: none). Answers are stored as
    they are: they need not be complete, nor answers yet.

    Raises Conflict (code `stale_draft`) where another page has saved a newer one; nothing is overwritten.
    """
    _check(score, comment, answer_correct)
    if answers is not None and (problem := problem_of_draft(answers)):
        raise DomainError(problem, field="answers")
    entered = {
        "score": score,
        "answers": answers,
        "comment": comment,
        "answer_correct": answer_correct,
        "seconds": _plausible(seconds),
    }
    if version == 0:
        try:
            with transaction.atomic():
                return Draft.objects.create(assignment=assignment, **entered)
        except IntegrityError:
            pass  # Another page was first: the conditional update below finds version 0 stale.
    saved = Draft.objects.filter(assignment=assignment, version=version).update(
        version=F("version") + 1, updated_at=timezone.now(), **entered
    )
    if not saved:
        raise Conflict(
            "This task was edited in another window; reload to see what was saved.", code="stale_draft"
        )
    return Draft(assignment=assignment, version=version + 1, updated_at=timezone.now(), **entered)


@dataclass(frozen=True, slots=True)
class Submission:
    """What a page submits: a score of a response or answers to the criteria of an imported item. `based_on` is the
    revision that it knew, 0 for none; None does not ask.
    """

    score: int | None
    answers: Entries | None
    answer_correct: str
    comment: str
    seconds: float | None
    key: uuid.UUID
    based_on: int | None


def submit_label(
    *,
    assignment: Assignment,
    score: int | None = None,
    answers: Entries | None = None,
    comment: str,
    submission_key: uuid.UUID,
    answer_correct: str = "",
    seconds: float | None = None,
    based_on: int | None = None,
) -> Label:
    """Record a person's rating of a task; a second submission under a new key is a new revision.

    A response gets a `score`, an imported item `answers`, in which the first output is the one that was shown first.
    Raises DomainError (code `answers_refused`, with every problem by criterion) for answers that are none.

    The same key again gives the label it made. A submission after the lease was lost, or of a task that was skipped,
    is kept: it takes a slot that is still open, else it is marked surplus, as always once the campaign is archived.
    Raises Conflict (code `already_labelled`, with the label) where the current revision is not `based_on`, so that a
    second window does not write over a first, and (code `campaign_archived`) where a label of an archived campaign
    would change.
    """
    _check(score, comment, answer_correct)
    seconds = None if seconds is None else _plausible(seconds)
    submission = Submission(score, answers, answer_correct, comment, seconds, submission_key, based_on)
    try:
        return _submit(assignment, submission)
    except IntegrityError as error:
        if "label_submission_once" not in str(error):
            raise
        raise _key_reused() from error  # At the same moment, for another task: no lock is shared.


@transaction.atomic
def _submit(assignment: Assignment, submission: Submission) -> Label:
    task = locked_task(assignment.task_id)
    context = _context(assignment, submission.key)
    before = settled_values(task)
    submission = _as_asked(task, context.assignment, submission)
    if context.with_key is not None:
        if context.with_key.assignment_id != assignment.pk:
            raise _key_reused()
        return context.with_key
    if context.current is not None and task.campaign.status == CampaignStatus.ARCHIVED:
        raise Conflict(
            "This campaign is archived: its labels stay as they are. What you have entered here is not lost.",
            code="campaign_archived",
        )
    revision = context.current.revision if context.current else 0
    if context.current is not None and submission.based_on not in {None, revision}:
        raise AlreadyLabelled(context.current)
    if context.assignment.status != AssignmentStatus.SUBMITTED:
        _place(context, task)
    label = _store(context, submission, revision + 1)
    if task.kind == TaskKind.REGULAR:
        is_vote = not (context.assignment.is_surplus or context.assignment.is_set_aside)
        resolve(task, scores=[*context.other_votes, submission.score] if is_vote else context.other_votes)
        save_settled(task, before)
    _note(label, task, context.current)
    return label


def _as_asked(task: Task, assignment: Assignment, submission: Submission) -> Submission:
    """The submission, if it has what the task asks for. Raises DomainError."""
    if task.imported_item_id is None:
        if submission.score is None or submission.answers is not None:
            raise DomainError(f"A score is {SCALE[0]} to {SCALE[-1]}.", field="score")
        answer_correct = _answer_asked_for(task.campaign, submission.answer_correct)
        return replace(submission, answer_correct=answer_correct)
    if submission.answers is None or submission.score is not None:
        raise DomainError("Answer the criteria of this item.", field="answers")
    answers = complete_answers(task.campaign_id, submission.answers, is_swapped=assignment.is_swapped)
    return replace(submission, answers=answers, answer_correct="")


def _answer_asked_for(campaign: Campaign, answer_correct: str) -> str:
    """Whether the answer is right, where the campaign asks for it."""
    if not campaign.asks_correctness:
        return ""
    if not answer_correct:
        raise DomainError("Say, too, whether the answer is right.", field="answer_correct")
    return answer_correct


def _key_reused() -> Conflict:
    return Conflict("This submission key belongs to another task.", code="submission_key_reused")


@dataclass(frozen=True, slots=True)
class LabelContext:
    """What the database has when something is submitted, read under the task's lock.

    `current` is the assignment's label, `with_key` the label that the same submission made earlier.
    """

    assignment: Assignment
    current: Label | None
    with_key: Label | None
    member_is_set_aside: bool
    guidelines: int | None
    other_votes: list[int | None]


# One query for what the ORM would need five for.
_ASSIGNMENT = Columns(
    Assignment,
    "assignment",
    only=("id", "task_id", "member_id", "status", "is_surplus", "is_set_aside", "is_swapped", "submitted_at"),
)
_LABEL = ("id", "assignment_id", "revision", "score", "answer_correct", "answers", "comment")
_CURRENT, _SAME = Columns(Label, "current", only=_LABEL), Columns(Label, "same", only=_LABEL)
_CONTEXT = f"""
    SELECT member.set_aside_at IS NOT NULL,
        (
            SELECT id FROM annotations_guidelines WHERE campaign_id = member.campaign_id
            ORDER BY version DESC LIMIT 1
        ),
        ARRAY(
            SELECT DISTINCT ON (other.id) label.score
            FROM annotations_assignment AS other JOIN annotations_label AS label ON label.assignment_id = other.id
            WHERE other.task_id = assignment.task_id AND other.id <> assignment.id
                AND other.status = 'submitted' AND NOT other.is_surplus AND NOT other.is_set_aside
            ORDER BY other.id, label.revision DESC
        ),
        {_ASSIGNMENT}, {_CURRENT}, {_SAME}
    FROM annotations_assignment AS assignment
    JOIN annotations_member AS member ON member.id = assignment.member_id
    LEFT JOIN LATERAL (
        SELECT * FROM annotations_label WHERE assignment_id = assignment.id ORDER BY revision DESC LIMIT 1
    ) AS current ON true
    LEFT JOIN annotations_label AS same ON same.submission_key = %(key)s
    WHERE assignment.id = %(assignment)s
"""


def _context(assignment: Assignment, key: uuid.UUID) -> LabelContext:
    """The task is locked already, so that this statement sees what was there when the lock was."""
    member_is_set_aside, guidelines, other_votes, *rows = the_row(
        _CONTEXT, {"assignment": assignment.pk, "key": key}
    )
    fresh = _ASSIGNMENT.instance(rows[: len(_ASSIGNMENT)])
    fresh.member = assignment.member
    labels = rows[len(_ASSIGNMENT) :]
    current = _label(_CURRENT, labels[: len(_CURRENT)], fresh)
    with_key = _label(_SAME, labels[len(_CURRENT) :], fresh)
    return LabelContext(fresh, current, with_key, member_is_set_aside, guidelines, other_votes)


def _label(columns: Columns[Label], values: list[object], assignment: Assignment) -> Label | None:
    if values[0] is None:
        return None
    label = columns.instance(values)
    if label.assignment_id == assignment.pk:
        label.assignment = assignment
    return label


def _place(context: LabelContext, task: Task) -> None:
    """Turn a place on the task into a label's: a live lease keeps its slot, a lost one takes an open slot if it can.

    The label of one whose labels are set aside has no vote, and so leaves its slot to others; nor has one that comes
    when the campaign is archived, and its votes are to stay as they are. Both rows are stored by the caller.
    """
    assignment = context.assignment
    if task.kind == TaskKind.REGULAR:
        has_slot = assignment.status == AssignmentStatus.LEASED
        if context.member_is_set_aside or task.campaign.status == CampaignStatus.ARCHIVED:
            assignment.is_set_aside = context.member_is_set_aside
            assignment.is_surplus = not context.member_is_set_aside
            if has_slot:
                task.open_slots += 1
                task.priority = 1
        elif not has_slot and task.open_slots:
            task.open_slots -= 1
        elif not has_slot:
            assignment.is_surplus = True
    assignment.status, assignment.leased_until = AssignmentStatus.SUBMITTED, None
    assignment.submitted_at = timezone.now()
    assignment.skip_reason = assignment.skip_note = ""


# The label, the assignment that now has it, and the draft that it was made of, in one statement.
_STORE = """
    WITH stored AS (
        INSERT INTO annotations_label (assignment_id, revision, score, answer_correct, answers, comment, seconds,
            guidelines_id, submission_key, created_at)
        VALUES (%(assignment)s, %(revision)s, %(score)s, %(answer_correct)s, %(answers)s, %(comment)s, %(seconds)s,
            %(guidelines)s, %(key)s, %(now)s)
        RETURNING id
    ), cleared AS (
        DELETE FROM annotations_draft WHERE assignment_id = %(assignment)s
    ), placed AS (
        UPDATE annotations_assignment SET status = 'submitted', leased_until = NULL, submitted_at = %(submitted_at)s,
            is_surplus = %(is_surplus)s, is_set_aside = %(is_set_aside)s, skip_reason = '', skip_note = ''
        WHERE id = %(assignment)s
    )
    SELECT id FROM stored
"""


def _store(context: LabelContext, submission: Submission, revision: int) -> Label:
    assignment = context.assignment
    label = Label(
        assignment=assignment,
        revision=revision,
        score=submission.score,
        answer_correct=submission.answer_correct,
        answers=submission.answers,
        comment=submission.comment,
        seconds=submission.seconds,
        guidelines_id=context.guidelines,
        submission_key=submission.key,
        created_at=timezone.now(),
    )
    (label.pk,) = the_row(
        _STORE,
        {
            "assignment": assignment.pk,
            "revision": revision,
            "score": submission.score,
            "answer_correct": submission.answer_correct,
            "answers": None if submission.answers is None else Jsonb(submission.answers),
            "comment": submission.comment,
            "seconds": submission.seconds,
            "guidelines": context.guidelines,
            "key": submission.key,
            "now": label.created_at,
            "submitted_at": assignment.submitted_at,
            "is_surplus": assignment.is_surplus,
            "is_set_aside": assignment.is_set_aside,
        },
    )
    return label


def _note(label: Label, task: Task, previous: Label | None) -> None:
    """The audit log: who gave what, and what it was before."""
    facts: dict[str, object] = {"task": task.pk, "revision": label.revision, **_given(label)}
    if previous is not None:
        facts["before"] = previous.score if previous.answers is None else _given(previous)["answers"]
    elif label.assignment.is_surplus:
        facts["is_surplus"] = True
    record(
        "label.submitted" if previous is None else "label.revised",
        actor=label.assignment.member.user,
        scope=task.campaign,
        subject=label,
        **facts,
    )


def _given(label: Label) -> dict[str, object]:
    """What the label says, without its texts, which are in the label."""
    if label.answers is None:
        return {"score": label.score}
    answers: Mapping[str, object] = label.answers
    short = {key: answer for key, answer in answers.items() if len(str(answer)) <= LONGEST_FACT}
    return {"answers": short}


def _plausible(seconds: float) -> float:
    if not math.isfinite(seconds) or seconds < 0:
        raise DomainError("A time on the task is a number of seconds, not below 0.", field="seconds")
    return min(seconds, LONGEST_SECONDS)


def _check(score: int | None, comment: str, answer_correct: str) -> None:
    if score is not None and score not in SCALE:
        raise DomainError(f"A score is {SCALE[0]} to {SCALE[-1]}.", field="score")
    if answer_correct and answer_correct not in AnswerCorrect.values:
        raise DomainError("The answer is right, wrong, or one cannot tell.", field="answer_correct")
    check_text(comment, "comment", "A comment")


def check_text(text: str, field: str, name: str) -> None:
    if len(text) > COMMENT_LENGTH:
        raise DomainError(f"{name} has at most {COMMENT_LENGTH:,} characters.", field=field)
    if "\0" in text:
        raise DomainError(f"{name} is plain text.", field=field)
