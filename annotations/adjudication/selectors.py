"""Adjudication: the queue, one task with its labels shown anonymously, and how adjudicators decide."""

import itertools
import string
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils.crypto import salted_hmac

from annotations.campaigns.selectors.progress import disputed_tasks
from annotations.labelling.selectors.baselines import baseline_texts
from annotations.labelling.selectors.labels import votes
from annotations.models import Adjudication, Assignment, Campaign, Label, Task
from annotations.models.task import AssignmentStatus, TaskKind, TaskState
from core.models import AuditEvent, User
from core.rows import existing
from evaluation.models import Judgment
from evaluation.models.judgment import JudgmentStatus
from perg.stats.gold.adjudicators import Decision, DecisionMeasures, decision_measures

REVEALED = "judges.revealed"
"""The audit event of having been shown the judges' scores on a task."""


@dataclass(frozen=True, slots=True)
class AnonymousLabel:
    """A label without its author. `name` is made up for this task alone."""

    name: str
    label: Label
    is_surplus: bool
    is_set_aside: bool


@dataclass(frozen=True, slots=True)
class JudgeScore:
    judge: str
    score: int | None
    explanation: str


@dataclass(frozen=True, slots=True)
class Case:
    """A task as an adjudicator sees it.

    `is_own`: they have labelled it themselves. `judges` is None while their scores are not to be seen; `may_reveal`:
    they may ask for them now, having decided. `baseline` is None where none is on record.
    """

    task: Task
    baseline: str | None
    labels: list[AnonymousLabel]
    decisions: list[Adjudication]
    is_own: bool
    may_reveal: bool
    judges: list[JudgeScore] | None

    @property
    def revision(self) -> int:
        return self.decisions[0].revision if self.decisions else 0

    @property
    def waits(self) -> bool:
        return self.task.state == TaskState.DISPUTED


def queue_of(campaign: Campaign, user: User) -> QuerySet[Task]:
    """The tasks that wait for this adjudicator: all but those that they have labelled themselves."""
    return disputed_tasks(campaign).exclude(Exists(_own_label(user)))


def next_in_queue(campaign: Campaign, user: User, *, after: int | None = None) -> int | None:
    """The first task that waits for this adjudicator, or the one behind task `after`; round again at the end."""
    waiting = list(queue_of(campaign, user).values_list("pk", flat=True))
    if after in waiting:
        return waiting[(waiting.index(after) + 1) % len(waiting)]
    return waiting[0] if waiting else None


def settled_tasks(campaign: Campaign, state: TaskState) -> QuerySet[Task]:
    """Tasks of one state for a list, widest range first, with their question and preference and their decisions."""
    decisions = Adjudication.objects.select_related("adjudicator").order_by("-revision")
    return (
        Task.objects.filter(campaign=campaign, kind=TaskKind.REGULAR, state=state)
        .select_related("response__item__question", "response__item__preference")
        .prefetch_related(Prefetch("adjudications", decisions, to_attr="decisions"))
        .order_by("-score_range", "order_key", "pk")
    )


def task_of(campaign: Campaign, task_id: int) -> Task:
    """A regular task of the campaign with what its page shows. Raises NotFound."""
    tasks = Task.objects.filter(campaign=campaign, kind=TaskKind.REGULAR, pk=task_id)
    tasks = tasks.select_related("response__item__question", "response__item__preference")
    task = existing(tasks, "task in this campaign")
    task.campaign = campaign
    return task


def case_of(task: Task, user: User) -> Case:
    decisions = list(task.adjudications.select_related("adjudicator").order_by("-revision"))
    shown = task.campaign.reveals_judges and has_seen_judges(task, user)
    has_decided = any(decision.adjudicator_id == user.pk for decision in decisions)
    return Case(
        task=task,
        baseline=baseline_texts([task.response]).get(task.response.item_id),
        labels=anonymous_labels(task),
        decisions=decisions,
        is_own=has_labelled(task, user),
        may_reveal=task.campaign.reveals_judges and has_decided and not shown,
        judges=_judge_scores(task) if shown and has_decided else None,
    )


def anonymous_labels(task: Task) -> list[AnonymousLabel]:
    """The current labels of a task, votes or not, under made-up names and in the order of these.

    Names come from a keyed hash of the assignment, so they stay when more labels come, and say nothing of who it is
    on another task, nor of who was first.
    """
    labels = (
        Label.objects.filter(assignment__task=task, assignment__status=AssignmentStatus.SUBMITTED)
        .select_related("assignment")
        .order_by("assignment_id", "-revision")
        .distinct("assignment_id")
    )
    names: dict[str, Label] = {}
    for label in labels:
        names[_made_up_name(label.assignment_id, taken=names)] = label
    return [
        AnonymousLabel(name, label, label.assignment.is_surplus, label.assignment.is_set_aside)
        for name, label in sorted(names.items(), key=lambda named: (len(named[0]), named[0]))
    ]


def _made_up_name(assignment: int, *, taken: Iterable[str]) -> str:
    letters = string.ascii_uppercase
    start = int(salted_hmac("annotations.adjudication", str(assignment)).hexdigest(), 16) % len(letters)
    in_turn = letters[start:] + letters[:start]
    # With more people on a task than letters, the letters come again with a number.
    free = (f"Annotator {letter}{turn or ''}" for turn in itertools.count() for letter in in_turn)
    return next(name for name in free if name not in taken)


def has_labelled(task: Task, user: User) -> bool:
    """Whether the user has submitted a label on the task, with a vote or without."""
    return Assignment.objects.filter(task=task, member__user=user, status=AssignmentStatus.SUBMITTED).exists()


def has_seen_judges(task: Task, user: User) -> bool:
    """Whether the judges' scores on the task were shown to the user."""
    return AuditEvent.objects.about(task).filter(action=REVEALED, actor=user).exists()


@dataclass(frozen=True, slots=True)
class AdjudicatorMeasures:
    """How one person decides: before the judges' scores were shown to them, and after."""

    adjudicator: str
    blind: DecisionMeasures
    after_judges: DecisionMeasures


def adjudicator_measures(campaign: Campaign) -> list[AdjudicatorMeasures]:
    """Everybody's decisions against the votes as they are now: for each task a person's last blind decision, and
    apart from these their last one after the judges' scores.
    """
    voted: defaultdict[int, list[int]] = defaultdict(list)
    decided = Adjudication.objects.filter(task__campaign=campaign)
    for task, score in (
        votes(campaign)
        .filter(assignment__task__in=decided.values("task"))
        .values_list("assignment__task", "score")
    ):
        voted[task].append(score)
    latest: dict[tuple[str, bool, int], Decision] = {}
    for name, saw, task, score, question in decided.order_by("adjudicator__username", "revision").values_list(
        "adjudicator__username", "saw_judges", "task", "score", "task__response__item__question"
    ):
        latest[name, saw, task] = Decision(score, tuple(voted[task]), question)

    def measures(of: str, saw: bool) -> DecisionMeasures:
        chosen = [decision for (name, after, _), decision in latest.items() if (name, after) == (of, saw)]
        return decision_measures(chosen, threshold=campaign.threshold)

    names = dict.fromkeys(name for name, _, _ in latest)
    return [AdjudicatorMeasures(name, measures(name, False), measures(name, True)) for name in names]


def _own_label(user: User) -> QuerySet[Assignment]:
    return Assignment.objects.filter(
        task=OuterRef("pk"), member__user=user, status=AssignmentStatus.SUBMITTED
    )


def _judge_scores(task: Task) -> list[JudgeScore]:
    """The first replicate of each judge, as in the agreement report; a judge that gave no score is named, too."""
    judgments = (
        Judgment.objects.filter(response=task.response_id, replicate=1)
        .exclude(status=JudgmentStatus.PENDING)
        .select_related("judge")
        .order_by("judge__name")
    )
    return [JudgeScore(judgment.judge.name, judgment.score, judgment.explanation) for judgment in judgments]
