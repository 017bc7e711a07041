"""A campaign on judged items, small enough to count by hand: what tests of validation reports are about."""

import uuid

from annotations.models import Campaign, Label, Task
from core.models import User
from evaluation.models import Item, Judge, Judgment
from perg.stats.base.result import dump
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from tests import build

QUICK = ValidationSettings(resamples=20)
SETTINGS: dict[str, object] = dump(QUICK)


def judged_campaign(people: list[User]) -> Campaign:
    """Six items judged by two judges, three of them tasks; both people have voted on the first two tasks."""
    run = build.run("first run")
    for number in range(6):
        item = build.item(run, personalised="AB"[number % 2])
        build.judgment(item, 1 + number % 5, by="gpt")
        build.judgment(item, None if number == 5 else 5, by="yes")
    made = build.campaign(run, people, size=3)
    for task in tasks_of(made)[:2]:
        build.vote(task, people[0], 2)
        build.vote(task, people[1], 4, 3)
    return made


def tasks_of(campaign: Campaign) -> list[Task]:
    return list(campaign.tasks.order_by("response__item__position"))


def place(given: ValidationInput, task: Task) -> int:
    return given.table.units.index(task.response_id)


def again(judge: str, item: Item, replicate: int, score: int) -> None:
    Judgment.objects.create(
        judge=Judge.objects.get(name=judge),
        response=item.responses.get(condition="personalised"),
        replicate=replicate,
        status="scored",
        score=score,
    )


def revise(campaign: Campaign) -> None:
    label = Label.objects.filter(assignment__task__campaign=campaign).order_by("-pk")[0]
    Label.objects.create(
        assignment=label.assignment, revision=label.revision + 1, score=5, submission_key=uuid.uuid4()
    )
