"""Control items among a person's tasks: at the set rate, at places of their own, once each, and without a trace."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.labelling.selectors.standing import labels_wanted_of
from annotations.labelling.services.assignment import claim_task, reclaim_expired_assignments
from annotations.labelling.services.labels import submit_label
from annotations.labelling.services.skips import skip_task
from annotations.models import Assignment, Campaign, Member, Task
from annotations.models.task import TaskKind
from evaluation.models import Response
from tests import build

pytestmark = pytest.mark.django_db


def _campaign(regular: int, controls: int, people: int = 1, **fields: object) -> Campaign:
    run = build.run_with_items(regular + controls)
    campaign = build.campaign(
        run,
        [build.person() for _ in range(people)],
        overlap=1,
        size=regular,
        **({"control_every": 5} | fields),
    )
    left = Response.objects.filter(condition="personalised", tasks__isnull=True)
    for response in left[:controls]:
        build.control(campaign=campaign, response=response, score=4, actor=None)
    return campaign


def _member(campaign: Campaign, position: int = 0) -> Member:
    return campaign.members.select_related("campaign").order_by("pk")[position]


def _next(campaign: Campaign, position: int = 0) -> Assignment | None:
    return claim_task(member=_member(campaign, position))


def _submit(assignment: Assignment) -> None:
    submit_label(assignment=assignment, score=3, comment="", submission_key=uuid.uuid4())


def _label_all(campaign: Campaign, most: int = 1000, position: int = 0) -> list[Task]:
    tasks: list[Task] = []
    while len(tasks) < most and (assignment := _next(campaign, position)) is not None:
        _submit(assignment)
        tasks.append(assignment.task)
    return tasks


def _places(tasks: list[Task]) -> list[int]:
    return [place for place, task in enumerate(tasks) if task.kind == TaskKind.CONTROL]


def test_one_task_in_so_many_is_a_control_item_each_once() -> None:
    tasks = _label_all(_campaign(regular=40, controls=20), most=50)
    places = _places(tasks)
    # Exactly one in each block of five.
    assert [place // 5 for place in places] == list(range(10))
    # Not always at the same place of the block.
    assert len({place % 5 for place in places}) > 1
    controls = [tasks[place].pk for place in places]
    assert len(set(controls)) == len(controls)


def test_people_have_places_and_an_order_of_their_own() -> None:
    campaign = _campaign(regular=60, controls=12, people=2)
    first, second = (_label_all(campaign, most=30, position=position) for position in (0, 1))
    assert _places(first) != _places(second)
    order = [[task.pk for task in tasks if task.kind == TaskKind.CONTROL] for tasks in (first, second)]
    assert order[0] != order[1]


def test_control_items_take_no_slot_and_no_part_of_the_quota() -> None:
    campaign = _campaign(regular=12, controls=6, labels_per_person=8)
    tasks = _label_all(campaign)
    kinds = [task.kind for task in tasks]
    assert kinds.count("regular") == 8
    assert kinds.count("control") in {1, 2}
    # The quota that the person sees includes the control items, so that no count gives them away.
    assert labels_wanted_of(_member(campaign)) == len(tasks)
    assert not campaign.tasks.filter(kind="control").exclude(open_slots=0, state="open").exists()
    assert campaign.tasks.filter(kind="regular", open_slots=0).count() == 8


@pytest.mark.parametrize("quota", [1, 4, 7, 8, 13])
def test_the_number_wanted_is_the_number_that_comes(quota: int) -> None:
    campaign = _campaign(regular=16, controls=8, labels_per_person=quota)
    wanted = labels_wanted_of(_member(campaign))
    assert len(_label_all(campaign)) == wanted


def test_without_control_items_left_regular_tasks_go_on_and_without_regular_ones_nothing_does() -> None:
    tasks = _label_all(_campaign(regular=20, controls=2))
    assert len(_places(tasks)) == 2
    assert sum(task.kind == TaskKind.REGULAR for task in tasks) == 20


def test_control_items_added_late_do_not_come_in_a_row() -> None:
    campaign = _campaign(regular=60, controls=0)
    run = build.run_with_items(10)
    assert _places(_label_all(campaign, most=20)) == []
    for response in Response.objects.filter(item__run=run, condition="personalised"):
        build.control(campaign=campaign, response=response, score=4, actor=None)
    places = _places(_label_all(campaign, most=20))
    assert [place // 5 for place in places] == list(range(4))


def test_a_skipped_control_item_does_not_come_again_nor_another_in_its_place() -> None:
    campaign = _campaign(regular=30, controls=10)
    had: list[int] = []
    kinds: list[str] = []
    for _ in range(20):
        assignment = _next(campaign)
        assert assignment is not None
        assert assignment.task_id not in had
        had.append(assignment.task_id)
        kinds.append(assignment.task.kind)
        if assignment.task.kind == TaskKind.CONTROL:
            skip_task(assignment=assignment, reason="unclear")
        else:
            _submit(assignment)
    # What is skipped takes no place in the sequence: at most one for every four others, and not one in a row.
    assert kinds.count("control") in {3, 4}


def test_a_control_item_whose_lease_ran_out_frees_no_slot_and_may_come_again() -> None:
    campaign = _campaign(regular=30, controls=1)
    while (assignment := _next(campaign)) is not None and assignment.task.kind != TaskKind.CONTROL:
        _submit(assignment)
    assert assignment is not None
    Assignment.objects.filter(pk=assignment.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    assert reclaim_expired_assignments() == 1
    assert campaign.tasks.get(kind="control").open_slots == 0
    again = _next(campaign)
    assert again is not None
    assert again.pk == assignment.pk


def test_withdrawn_and_qualification_items_are_not_handed_out() -> None:
    campaign = _campaign(regular=10, controls=4)
    first, second, *_ = campaign.tasks.filter(kind="control").order_by("pk")
    Task.objects.filter(pk=first.pk).update(kind="withdrawn")
    Task.objects.filter(pk=second.pk).update(kind="qualification")
    tasks = _label_all(campaign)
    assert {first.pk, second.pk}.isdisjoint(task.pk for task in tasks)
    assert len(_places(tasks)) == 2
