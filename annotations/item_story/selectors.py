"""What people say of an item: labels, decisions and gold, for those who may see them.

The story of an item shows the model, the run and the judges, so it is not for annotators: staff see all of it, and a
lead what belongs to the campaigns that they lead. To somebody who may still decide on an item without knowing the
judges' scores, these are not shown: the adjudication page is where they are asked for, and where that is noted.
"""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from annotations.adjudication.selectors import AnonymousLabel, anonymous_labels, has_seen_judges
from annotations.models import Adjudication, Assignment, Campaign, GoldLabel, Label, Member, Task
from annotations.models.campaign import Role
from annotations.models.task import AssignmentStatus, TaskKind, TaskState
from core.errors import NotFound
from core.models import User
from evaluation.models import Item


@dataclass(frozen=True, slots=True)
class NamedLabel:
    """A person's label with its revisions, the newest last; `name` is made up while the task is disputed."""

    name: str
    revisions: list[Label]
    is_surplus: bool
    is_set_aside: bool

    @property
    def label(self) -> Label:
        return self.revisions[-1]


@dataclass(frozen=True, slots=True)
class TaskStory:
    """What became of the item in one campaign."""

    task: Task
    labels: list[NamedLabel]
    decisions: list[Adjudication]
    gold: list[GoldLabel]


@dataclass(frozen=True, slots=True)
class PeopleStory:
    """The campaigns' part of an item's story, and whether the judges' part may be shown with it."""

    tasks: list[TaskStory]
    shows_judges: bool
    is_all: bool


def people_story(item: Item, user: User) -> PeopleStory:
    """What the user may see of the item. Raises NotFound where that is nothing: their page does not exist."""
    tasks = list(_tasks(item, user))
    if not user.is_staff and (not tasks or _is_yet_to_label(item, user)):
        raise NotFound("There is no such item.")
    return PeopleStory(
        tasks=[_task_story(task) for task in tasks],
        shows_judges=user.is_staff or all(_may_see_judges(task, user) for task in tasks),
        is_all=user.is_staff,
    )


def _tasks(item: Item, user: User) -> QuerySet[Task]:
    campaigns = Campaign.objects.all() if user.is_staff else Campaign.objects.led_by(user)
    return (
        Task.objects.filter(response__item=item, campaign__in=campaigns)
        .select_related("campaign")
        .prefetch_related(
            Prefetch(
                "adjudications", Adjudication.objects.select_related("adjudicator").order_by("-revision")
            ),
            Prefetch("gold_labels", GoldLabel.objects.select_related("release").order_by("-release__number")),
            Prefetch(
                "assignments",
                Assignment.objects.filter(status=AssignmentStatus.SUBMITTED)
                .select_related("member__user")
                .prefetch_related(Prefetch("labels", Label.objects.order_by("revision")))
                .order_by("submitted_at"),
            ),
        )
        .order_by("pk")
    )


def _is_yet_to_label(item: Item, user: User) -> bool:
    """Whether the user, a lead here, may still be given the item as an annotator elsewhere, where they are blind."""
    done = Assignment.objects.filter(
        task=OuterRef("pk"), member__user=user, status=AssignmentStatus.SUBMITTED
    )
    elsewhere = Member.objects.filter(
        campaign=OuterRef("campaign"), user=user, role=Role.ANNOTATOR, is_active=True
    )
    return Task.objects.filter(Exists(elsewhere), ~Exists(done), response__item=item).exists()


def _may_see_judges(task: Task, user: User) -> bool:
    """Whether knowing the judges' scores can no longer sway what this lead says of the task."""
    if task.kind != TaskKind.REGULAR or task.state == TaskState.AGREED:
        return True
    return task.state != TaskState.OPEN and has_seen_judges(task, user)


def _task_story(task: Task) -> TaskStory:
    if task.state == TaskState.DISPUTED:
        labels = [_anonymous(label) for label in anonymous_labels(task)]
    else:
        labels = [
            NamedLabel(
                assignment.member.user.get_username(),
                list(assignment.labels.all()),
                assignment.is_surplus,
                assignment.is_set_aside,
            )
            for assignment in task.assignments.all()
            if assignment.labels.all()
        ]
    return TaskStory(task, labels, list(task.adjudications.all()), list(task.gold_labels.all()))


def _anonymous(label: AnonymousLabel) -> NamedLabel:
    return NamedLabel(label.name, [label.label], label.is_surplus, label.is_set_aside)
