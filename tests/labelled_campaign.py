"""Campaigns in which people have given the scores that a test names, on regular tasks and control items."""

import uuid
from collections import Counter
from collections.abc import Sequence

from django.utils import timezone

from annotations.models import Assignment, Campaign, Label, Member, Task
from annotations.quality.services.controls import KnownItem, add_controls
from evaluation.models import Response
from evaluation.models.item import Condition
from tests import build


def labelled_campaign(
    labels: dict[str, Sequence[int]], *, controls: dict[str, Sequence[int]] | None = None, **fields: object
) -> Campaign:
    """A campaign in which each person has given their scores, task by task; control items have known score 3."""
    count = len(next(iter(labels.values())))
    items = len(next(iter(controls.values()))) if controls else 0
    run = build.run_with_items(count + items)
    people = [build.person(name) for name in labels]
    campaign = build.campaign(
        run, people, overlap=len(people), size=count, leads=[build.person("lead")], guidelines=""
    )
    Campaign.objects.filter(pk=campaign.pk).update(**fields)
    campaign.refresh_from_db()
    for name, scores in labels.items():
        label_as(campaign, name, list(campaign.tasks.order_by("response__item__position")), scores)
    if controls:
        taken = campaign.tasks.values("response")
        free = Response.objects.filter(condition=Condition.PERSONALISED).exclude(pk__in=taken)
        added = add_controls(
            campaign=campaign, items=[KnownItem(response.pk, 3) for response in free], actor=None
        )
        for name, scores in controls.items():
            label_as(campaign, name, added, scores)
    return campaign


def label_as(
    campaign: Campaign, name: str, tasks: Sequence[Task], scores: Sequence[int], seconds: float | None = 20
) -> None:
    member = member_named(campaign, name)
    assignments = Assignment.objects.bulk_create(
        Assignment(task=task, member=member, status="submitted", submitted_at=timezone.now())
        for task in tasks
    )
    Label.objects.bulk_create(
        Label(assignment=assignment, score=score, seconds=seconds, submission_key=uuid.uuid4())
        for assignment, score in zip(assignments, scores, strict=True)
    )
    regular = Task.objects.filter(pk__in=[task.pk for task in tasks if task.kind == "regular"])
    held = Counter(Assignment.objects.voting().filter(task__in=regular).values_list("task", flat=True))
    held.update(Assignment.objects.filter(task__in=regular, status="leased").values_list("task", flat=True))
    changed = list(regular)
    for task in changed:
        task.open_slots = task.wanted_labels - held[task.pk]
    Task.objects.bulk_update(changed, ["open_slots"])


def free_slots(task: Task) -> int:
    task.refresh_from_db()
    held = task.assignments.voting().count() + task.assignments.filter(status="leased").count()
    return task.wanted_labels - held


def member_named(campaign: Campaign, name: str) -> Member:
    return campaign.members.select_related("user", "campaign").get(user__username=name)
