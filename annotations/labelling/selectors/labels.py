"""What people and judges gave: the scores that agreement and gold are made of."""

from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from annotations.models import Adjudication, Assignment, Campaign, Label, Task
from annotations.models.task import AssignmentStatus, TaskKind, TaskState, is_vote
from evaluation.models import Judgment
from evaluation.models.item import Condition
from evaluation.models.judgment import JudgmentStatus


def current_labels(campaign: Campaign) -> QuerySet[Label]:
    """The newest revision of every label of the campaign, surplus and set aside ones included, controls left out."""
    # Asked of each label rather than of a list of the newest: the index answers it, whatever the planner has been told
    # of the sizes of the tables.
    later = Label.objects.filter(assignment=OuterRef("assignment"), revision__gt=OuterRef("revision"))
    return Label.objects.filter(
        ~Exists(later), assignment__task__campaign=campaign, assignment__task__kind=TaskKind.REGULAR
    )


def votes(campaign: Campaign) -> QuerySet[Label]:
    """The newest revision of every label that has a vote: what agreement and gold are made of."""
    return current_labels(campaign).filter(is_vote("assignment__"))


def decisions(campaign: Campaign) -> dict[int, Adjudication]:
    """The adjudicator's decision in force, its highest revision, by adjudicated task."""
    in_force = (
        Adjudication.objects.filter(task__campaign=campaign, task__state=TaskState.ADJUDICATED)
        .select_related("adjudicator")
        .order_by("task_id", "-revision")
        .distinct("task_id")
    )
    return {decision.task_id: decision for decision in in_force}


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """Labels of regular tasks: `given` are the votes; those without a vote are counted apart."""

    wanted: int
    given: int
    surplus: int
    set_aside: int
    tasks: int
    tasks_done: int


def label_counts(campaign: Campaign) -> LabelCounts:
    """How many labels a campaign wants and has. A task is done once it has all the votes that it wants."""
    regular = Task.objects.filter(campaign=campaign, kind=TaskKind.REGULAR)
    tasks = regular.aggregate(count=Count("pk"), wanted=Sum("wanted_labels"))
    submitted = Assignment.objects.filter(task__in=regular, status=AssignmentStatus.SUBMITTED)
    labels = submitted.aggregate(
        surplus=Count("pk", filter=Q(is_surplus=True)),
        set_aside=Count("pk", filter=Q(is_set_aside=True, is_surplus=False)),
    )
    votes_by_task = Assignment.objects.voting().filter(task__campaign=campaign).order_by().values("task")
    done = votes_by_task.annotate(n=Count("pk")).filter(n__gte=F("task__wanted_labels")).count()
    return LabelCounts(
        wanted=tasks["wanted"] or 0,
        given=votes_by_task.aggregate(n=Count("pk"))["n"],
        surplus=labels["surplus"],
        set_aside=labels["set_aside"],
        tasks=tasks["count"],
        tasks_done=done,
    )


def judge_scores(campaign: Campaign) -> list[tuple[int, str, int]]:
    """(task, judge's name, score) of the first replicate of every judge on the campaign's regular tasks."""
    scores = Judgment.objects.filter(
        response__tasks__campaign=campaign,
        response__tasks__kind=TaskKind.REGULAR,
        response__condition=Condition.PERSONALISED,
        status=JudgmentStatus.SCORED,
        replicate=1,
    ).values_list("response__tasks__pk", "judge__name", "score")
    return [(task, judge, score) for task, judge, score in scores if score is not None]
