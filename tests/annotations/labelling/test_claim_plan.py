"""What a claim costs: it goes by the partial index, past few rows, whatever this person has had already."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from annotations.labelling.services.assignment import claim_task
from annotations.labelling.services.claim_sql import CLAIM_ONWARD, URGENT_LOOKED_AT
from annotations.models import Assignment, Campaign, Member, Task
from evaluation.models import Item, Question, Response
from tests import build
from tests.shared_world import built_once
from tests.sizes import ALL_TASKS, HAD_TASKS

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

TASKS, HAD = ALL_TASKS, HAD_TASKS
PLACES = {"campaign": "$1", "member": "$2", "cursor": "$3", "deadline": "$4"}


@pytest.fixture(scope="module")
def campaign(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Campaign]:
    with built_once(django_db_blocker, _campaign) as built:
        yield built


def _campaign() -> Campaign:
    """Of all tasks, each still wanted by others, this person has done, leased or skipped three in ten."""
    run = build.run()
    liking = build.preference()
    first = build.question(run.dataset)
    questions = Question.objects.bulk_create(
        Question(
            dataset=run.dataset, key=f"{n}", text="?", options=first.options, gold_option="A", source="s"
        )
        for n in range(TASKS)
    )
    items = Item.objects.bulk_create(
        Item(run=run, question=question, preference=liking, position=n + 1)
        for n, question in enumerate(questions)
    )
    Response.objects.bulk_create(
        Response(item=item, condition="personalised", text="A.", answer="A", extraction="recorded")
        for item in items
    )
    campaign = build.campaign(run, [build.person(), build.person(), build.person()], overlap=3, size=TASKS)
    member = _member(campaign)
    tasks = list(campaign.tasks.order_by("order_key")[:HAD])
    now = timezone.now()
    Assignment.objects.bulk_create(
        Assignment(
            task=task,
            member=member,
            status=status,
            leased_until=now if status == "leased" else None,
            submitted_at=now if status == "submitted" else None,
            skip_reason="unclear" if status == "skipped" else "",
        )
        for task, status in zip(tasks, ["submitted", "skipped", "leased"] * (HAD // 3), strict=True)
    )
    Task.objects.filter(pk__in=[task.pk for task in tasks]).update(open_slots=2)
    # What was skipped goes first, to others: it is in front of everything else for this person, too.
    Task.objects.filter(pk__in=[task.pk for task in tasks[1::3]]).update(open_slots=3, priority=1)
    Member.objects.filter(pk=member.pk).update(claimed_up_to=tasks[-1].order_key)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return campaign


def _member(campaign: Campaign) -> Member:
    return campaign.members.select_related("campaign").order_by("pk")[0]


PLAN_MODES = ["force_custom_plan", "force_generic_plan"]
"""A prepared statement is planned for its values at first, and then may be for any."""


def _plan(campaign: Campaign, member: Member, mode: str = PLAN_MODES[0]) -> dict[str, Any]:
    known: dict[str, int | datetime | str] = {
        "campaign": campaign.pk,
        "member": member.pk,
        "cursor": member.claimed_up_to,
        "deadline": timezone.now(),
        "holding": "{}",
    }
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL plan_cache_mode = {mode}")
        cursor.execute(f"PREPARE claim AS {CLAIM_ONWARD % PLACES}")
        cursor.execute(
            "EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE claim "
            "(%(campaign)s, %(member)s, %(cursor)s, %(deadline)s)",
            known,
        )
        found = cursor.fetchone()[0]
        cursor.execute("DEALLOCATE claim")
    plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in _nodes(child))]


def _rows_passed(nodes: list[dict[str, Any]]) -> int:
    return int(
        sum(
            node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
            for node in nodes
            if "Scan" in node["Node Type"]
            and node.get("Relation Name") in {"annotations_task", "annotations_assignment"}
        )
    )


@pytest.mark.parametrize("mode", PLAN_MODES)
def test_a_claim_goes_by_the_partial_index_past_few_rows(campaign: Campaign, mode: str) -> None:
    nodes = _nodes(_plan(campaign, _member(campaign), mode))
    scans = [node for node in nodes if "Scan" in node["Node Type"] and node["Actual Loops"]]
    assert {node.get("Index Name") for node in scans if node.get("Relation Name") == "annotations_task"} == {
        "task_open_index",
        "annotations_task_pkey",
    }
    # Whether this person has had a task is looked up by the task, and never by all that the person has had.
    assert {
        "task" if "_task_id_" in name or name == "assignment_once_per_person" else name
        for name in (
            str(node.get("Index Name"))
            for node in scans
            if node.get("Relation Name") == "annotations_assignment"
        )
    } == {"task"}
    # The urgent tasks that it looks at, each of them had, the one it takes, and what it writes.
    assert _rows_passed(nodes) < 4 * URGENT_LOOKED_AT


def test_without_the_bounds_the_same_claim_would_pass_what_was_had(campaign: Campaign) -> None:
    """The test above can fail: from the start, all that the person has had is in the way."""
    member = _member(campaign)
    member.claimed_up_to = -1
    assert _rows_passed(_nodes(_plan(campaign, member))) > HAD


def test_claims_go_on_behind_what_was_had(campaign: Campaign) -> None:
    member = _member(campaign)
    Assignment.objects.filter(status="leased").update(
        status="submitted", leased_until=None, submitted_at=timezone.now()
    )
    expected = list(campaign.tasks.filter(priority=0).order_by("order_key")[2 * HAD // 3 :][:2])
    first = claim_task(member=member)
    assert first is not None
    second = claim_task(member=member, holding=[first.pk])
    assert second is not None
    assert [first.task_id, second.task_id] == [task.pk for task in expected]
