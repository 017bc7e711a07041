"""What an annotator is answered does not depend on the kind of task: one script, played on a regular task and on a
control item, gives the same answers, byte for byte but for keys and times.
"""

import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from annotations.campaigns.services.campaigns import set_campaign_status
from annotations.labelling.services.assignment import claim_task, reclaim_expired_assignments
from annotations.labelling.services.skips import skip_task
from annotations.models import Assignment, Campaign, Task
from annotations.models.campaign import CampaignStatus
from annotations.needs.selectors import own_campaigns
from annotations.quality.services.quality import pause_member, set_aside_labels
from core.models import User
from evaluation.models import Response
from tests import build
from tests.pages import one_line

pytestmark = pytest.mark.django_db

FIRST_KEY = 7_000_000
"""Keys differ from counts by their size."""
TABLES = ("assignment", "campaign", "draft", "flag", "label", "member", "task")
CHANGING = [
    (r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)", "<time>"),
    (r"\d{1,2} \w{3}( \d{4})?, \d\d:\d\d", "<time>"),
    (r"\b7\d{6}\b", "<key>"),
    (r"Question \d+", "Question"),
    (r'(name="csrfmiddlewaretoken" value=)"\w+"', r"\1"),
    (r'("csrfToken": )"\w+"', r"\1"),
    (r"(ann|bob|lead|campaign)-(regular|control)", r"\1"),
    (r'data-person="\d+"', ""),
]


def _with_controls(regular: int, controls: int, people: list[User], **fields: object) -> Campaign:
    run = build.run_with_items(regular + controls)
    campaign = build.campaign(run, people, overlap=1, size=regular, **({"control_every": 2} | fields))
    for response in Response.objects.filter(condition="personalised", tasks__isnull=True)[:controls]:
        build.control(campaign=campaign, response=response, score=4, actor=None)
    return campaign


class World:
    """A campaign of four tasks and a control item, in which `ann` has a task of the kind that is named."""

    def __init__(self, kind: str) -> None:
        self.ann, self.bob = build.person(f"ann-{kind}"), build.person(f"bob-{kind}")
        self.lead = build.person(f"lead-{kind}", staff=True)
        people = [self.ann, self.bob]
        self.campaign = _with_controls(4, 1, people, control_every=4, labels_per_person=3)
        Campaign.objects.filter(pk=self.campaign.pk).update(name=f"campaign-{kind}")
        self.campaign.refresh_from_db()
        self.member = self.campaign.members.select_related("campaign").get(user=self.ann)
        task = self.campaign.tasks.filter(kind=kind).first()
        assert task is not None
        if kind == "regular":
            Task.objects.filter(pk=task.pk).update(open_slots=0)
        deadline = timezone.now() + timedelta(minutes=10)
        assignment = Assignment.objects.create(task=task, member=self.member, leased_until=deadline)
        self.assignment, self.task = assignment.pk, task.pk

    def lapse(self) -> None:
        Assignment.objects.filter(pk=self.assignment).update(leased_until=timezone.now() - timedelta(hours=1))
        assert reclaim_expired_assignments() == 1

    def lapse_and_lose(self) -> None:
        self.lapse()
        build.vote(Task.objects.get(pk=self.task), self.bob, 5)

    def skip(self) -> None:
        skip_task(assignment=Assignment.objects.get(pk=self.assignment), reason="unclear")

    def skip_and_lose(self) -> None:
        self.skip()
        build.vote(Task.objects.get(pk=self.task), self.bob, 5)

    def set_status(self, *statuses: CampaignStatus) -> None:
        for status in statuses:
            set_campaign_status(campaign=self.campaign, status=status, actor=self.lead)

    def set_aside(self) -> None:
        other = self.campaign.tasks.filter(kind="regular").exclude(pk=self.task).first()
        assert other is not None
        build.vote(other, self.ann, 1)
        set_aside_labels(member=self.member, actor=self.lead)


SITUATIONS: dict[str, Callable[[World], object]] = {
    "at work": lambda world: None,
    "lease lost": World.lapse,
    "lease lost, and somebody else has labelled it": World.lapse_and_lose,
    "skipped": World.skip,
    "skipped, and somebody else has labelled it": World.skip_and_lose,
    "campaign paused": lambda world: world.set_status(CampaignStatus.PAUSED),
    "campaign closed": lambda world: world.set_status(CampaignStatus.CLOSED),
    "campaign archived": lambda world: world.set_status(CampaignStatus.CLOSED, CampaignStatus.ARCHIVED),
    "person paused": lambda world: pause_member(member=world.member, reason="r", actor=world.lead),
    "labels set aside": World.set_aside,
}


def _said(answer: Any) -> tuple[int, list[str], str]:
    text = answer.content.decode()
    for pattern, stands_for in CHANGING:
        text = re.sub(pattern, stands_for, text)
    return answer.status_code, sorted(answer.headers), text


def _difference(one: str, other: str) -> str:
    """Where two texts part, short enough to read."""
    if one == other:
        return ""
    at = next((i for i, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), 0)
    return f"{one[max(at - 60, 0) : at + 60]!r} / {other[max(at - 60, 0) : at + 60]!r}"


def _entries(score: int, key: uuid.UUID, based_on: int) -> dict[str, object]:
    return {"score": score, "comment": "", "seconds": 2.0, "submission_key": str(key), "based_on": based_on}


def _through_pages(world: World) -> list[tuple[int, list[str], str]]:
    client, other = Client(headers={"Accept": "application/json"}), Client()
    client.force_login(world.ann)
    other.force_login(world.bob)
    at, campaign = f"/assignments/{world.assignment}/", f"/campaigns/{world.campaign.pk}/"
    key = uuid.uuid4()
    draft = {"score": "", "comment": "half", "seconds": 1, "version": 0}
    answers = [
        client.get(f"{campaign}label/", {"assignment": world.assignment}),
        client.get(at),
        client.post(f"{at}heartbeat/"),
        client.post(f"{at}draft/", draft),
        client.post(f"{at}draft/", draft),
        client.get(f"{at}differences/"),
        *(client.post(f"{at}flag/", {"reason": "rubric", "note": "?"}) for _ in range(2)),
        client.post(f"{at}flag/", {}),
        client.post(f"{at}skip/", {}),
        client.post(f"{at}submit/", _entries(9, key, 0)),
        *(client.post(f"{at}submit/", _entries(5, key, 0)) for _ in range(2)),
        client.post(f"{at}submit/", _entries(4, uuid.uuid4(), 0)),
        client.get("/campaigns/"),
        client.post(f"{at}submit/", _entries(4, uuid.uuid4(), 1)),
        client.post(f"{at}heartbeat/"),
        client.post(f"{at}skip/", {"reason": "broken"}),
        client.get(at),
        client.get(f"{campaign}history/"),
        client.get(f"{campaign}history/", {"score": 4}),
        client.get("/campaigns/"),
        client.get("/campaigns/", {"archived": ""}),
        client.get("/"),
        *(other.get(at) for _ in range(2)),
        other.post(f"{at}submit/", _entries(4, key, 0)),
    ]
    return [_said(answer) for answer in answers]


def _through_rest(world: World) -> list[tuple[int, list[str], str]]:
    client = Client(headers=build.bearer(world.ann, "read", "annotate"))
    at, campaign = f"/api/v1/assignments/{world.assignment}/", f"/api/v1/campaigns/{world.campaign.pk}/"
    key = uuid.uuid4()

    def send(method: str, path: str, body: object = None) -> Any:
        return client.generic(method, path, json.dumps(body or {}), "application/json")

    draft = {"score": None, "comment": "half", "version": 0}
    answers = [
        client.get(at),
        send("POST", f"{at}heartbeat/"),
        *(send("PUT", f"{at}draft/", draft) for _ in range(2)),
        *(send("POST", f"{at}flag/", {"reason": "rubric", "note": "?"}) for _ in range(2)),
        send("POST", f"{at}skip/", {"reason": "?"}),
        *(send("POST", f"{at}submit/", _entries(5, key, 0)) for _ in range(2)),
        send("POST", f"{at}submit/", _entries(4, uuid.uuid4(), 0)),
        send("POST", f"{at}submit/", _entries(4, uuid.uuid4(), 1)),
        send("POST", f"{at}skip/", {"reason": "broken"}),
        send("POST", f"{at}heartbeat/"),
        client.get(at),
        client.get(f"{campaign}standing/"),
        client.get(f"{campaign}history/"),
        client.get(campaign),
        client.get("/api/v1/campaigns/"),
        client.get("/api/v1/needs/"),
    ]
    return [_said(answer) for answer in answers]


@pytest.fixture(autouse=True)
def long_keys() -> None:
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('annotations_{table}', 'id'), {FIRST_KEY})")


@pytest.mark.slow
@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("play", [_through_pages, _through_rest])
@pytest.mark.one_in(3)
def test_the_same_script_on_a_control_item_gets_the_same_answers(
    play: Callable[[World], list[tuple[int, list[str], str]]], situation: str
) -> None:
    regular, control = World("regular"), World("control")
    for world in (regular, control):
        SITUATIONS[situation](world)
    for step, (of_regular, of_control) in enumerate(zip(play(regular), play(control), strict=True)):
        assert of_control[:2] == of_regular[:2], f"step {step} tells them apart"
        assert _difference(of_control[2], of_regular[2]) == "", f"step {step} tells them apart"


@pytest.mark.parametrize("kind", ["regular", "control"])
def test_a_lapsed_task_of_either_kind_comes_back_only_when_nothing_else_is_left(kind: str) -> None:
    campaign = _with_controls(6, 4, [build.person()])
    member = campaign.members.select_related("campaign").get()
    lapsed: list[int] = []
    while True:
        assignment = claim_task(member=member)
        assert assignment is not None
        if assignment.task.kind == kind:
            break
        Assignment.objects.filter(pk=assignment.pk).update(
            status="submitted", leased_until=None, submitted_at=timezone.now()
        )
    for _ in range(3):
        lapsed.append(assignment.pk)
        Assignment.objects.filter(pk=assignment.pk).update(leased_until=timezone.now() - timedelta(hours=1))
        reclaim_expired_assignments()
        again = claim_task(member=member)
        assert again is not None
        assert again.pk not in lapsed
        assert again.task.kind == kind
        assignment = again


def test_the_home_page_counts_control_items_in_what_it_allows() -> None:
    person = build.person()
    campaign = _with_controls(6, 4, [person], labels_per_person=4)
    member = campaign.members.select_related("campaign").get()
    client = Client()
    client.force_login(person)
    while (assignment := claim_task(member=member)) is not None:
        Assignment.objects.filter(pk=assignment.pk).update(
            status="submitted", leased_until=None, submitted_at=timezone.now()
        )
    (own,) = own_campaigns(person)
    assert own.labelled > 4
    assert own.labelled == own.quota
    assert f"You have labelled {own.labelled} of at most {own.labelled}." in one_line(
        client.get("/").content.decode()
    )
