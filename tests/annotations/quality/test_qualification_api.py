"""The qualification round over REST: as the screen takes it, and no more told than there; what leads do about it."""

import json
from typing import Any

import pytest
from django.test import Client

from annotations.models import Campaign, QualificationAnswer, QualificationAttempt
from annotations.quality.selectors.controls import candidates
from core.models import AuditEvent, User
from core.scopes import Scope
from tests import build
from tests.query_counts import check_query_count

pytestmark = pytest.mark.django_db


class Program:
    """A person; with scopes, their program, which may do no more than these."""

    def __init__(self, user: User, *scopes: str) -> None:
        self.user = user
        self._client = Client(headers=build.bearer(user, *scopes) if scopes else None)
        if not scopes:
            self._client.force_login(user)

    def get(self, path: str, **query: str | int) -> Any:
        return self._client.get(f"/api/v1/{path}", query)

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        return self._client.generic(
            "POST", f"/api/v1/{path}", json.dumps(body or {}), "application/json", headers=headers
        )


@pytest.fixture
def campaign() -> Campaign:
    """A campaign whose round has four items of known score 4; three right pass; two attempts."""
    run = build.run(name="the-secret-run")
    for _ in range(8):
        build.judgment(build.item(run), 2, by="the-secret-judge")
    people = [build.person("ann"), build.person("bob")]
    campaign = build.campaign(run, people, size=2, leads=[build.person("lead")])
    Campaign.objects.filter(pk=campaign.pk).update(pass_mark=0.75, qualification_attempts=2)
    for response in candidates(campaign)[:4]:
        build.control(
            campaign=campaign,
            response=response,
            score=4,
            kind="qualification",
            explanation="It **is** short.",
            actor=None,
        )
    campaign.refresh_from_db()
    return campaign


@pytest.fixture
def ann(campaign: Campaign) -> Program:
    return Program(User.objects.get(username="ann"))


@pytest.fixture
def lead(campaign: Campaign) -> Program:
    return Program(User.objects.get(username="lead"))


@pytest.fixture
def at(campaign: Campaign) -> str:
    return f"campaigns/{campaign.pk}/"


def _take(person: Program, at: str, *, right: int) -> dict[str, Any]:
    """A whole attempt with so many of the four right; the feedback on its last item."""
    assert person.post(f"{at}qualification/start/").status_code == 200
    feedback: dict[str, Any] = {}
    for number in range(4):
        item = person.get(f"{at}qualification/item/").json()["item"]
        answer = {"task": item["task"], "score": 4 if number < right else 1}
        feedback = person.post(f"{at}qualification/item/", answer).json()
    return feedback


def test_the_round_from_the_start_to_the_first_task(ann: Program, at: str) -> None:
    assert ann.post(f"{at}next/").json()["nothing"]["code"] == "not_qualified"
    standing = ann.get(f"{at}qualification/").json()
    assert (standing["pass_mark"], standing["items"], standing["may_start"]) == (0.75, 4, True)
    assert (standing["attempt"], standing["attempts"], standing["attempts_left"]) == (None, [], 2)
    assert ann.get(f"{at}qualification/item/").json()["item"] is None
    started = ann.post(f"{at}qualification/start/").json()
    assert (started["attempt"], started["answered"], started["may_start"]) == (1, 0, False)
    item = ann.get(f"{at}qualification/item/").json()["item"]
    assert ann.get(f"{at}qualification/item/").json()["item"] == item, "it stays until it is answered"
    assert [option["letter"] for option in item["options"]] == ["A", "B", "C"]
    feedback = ann.post(f"{at}qualification/item/", {"task": item["task"], "score": 1}).json()
    told = ("is_right", "known_score", "tolerance", "explanation")
    assert [feedback[name] for name in told] == [None] * 4
    assert (feedback["score"], feedback["item"], feedback["standing"]["answered"]) == (1, item, 1)
    assert [each["right"] for each in feedback["standing"]["attempts"]] == [None]
    first = feedback["id"]
    assert ann.get(f"{at}qualification/answers/{feedback['id']}/").json() == feedback
    for _ in range(3):
        item = ann.get(f"{at}qualification/item/").json()["item"]
        feedback = ann.post(f"{at}qualification/item/", {"task": item["task"], "score": 4}).json()
    standing = feedback["standing"]
    assert (standing["is_qualified"], standing["attempt"], standing["may_start"]) == (True, None, False)
    assert [(each["right"], each["answered"], each["passed"]) for each in standing["attempts"]] == [
        (3, 4, True)
    ]
    assert ann.post(f"{at}next/").json()["task"]
    again = ann.post(f"{at}qualification/start/")
    assert (again.status_code, again.json()["code"]) == (409, "already_qualified")
    Campaign.objects.update(status="closed")
    answer = ann.get(f"{at}qualification/answers/{first}/").json()
    assert [answer[name] for name in told] == [False, 4, 0, "It **is** short."]


def test_a_failed_attempt_does_not_say_how_many_were_right(ann: Program, at: str, lead: Program) -> None:
    feedback = _take(ann, at, right=2)
    (attempt,) = feedback["standing"]["attempts"]
    assert (attempt["answered"], attempt["passed"], attempt["right"]) == (4, False, None)
    assert feedback["is_right"] is None
    (person,) = [
        each for each in lead.get(f"{at}qualification/people/").json()["results"] if each["attempts"]
    ]
    assert person["attempts"][0]["right"] == 2


def test_the_first_answer_to_an_item_stands_however_often_it_is_sent(ann: Program, at: str) -> None:
    feedback = _take(ann, at, right=4)
    answer = {"task": feedback["item"]["task"], "score": 1}
    again = ann.post(f"{at}qualification/item/", answer)
    assert (again.status_code, again.json()["score"], again.json()["id"]) == (200, 4, feedback["id"])
    assert QualificationAnswer.objects.count() == 4


def test_starting_twice_is_one_attempt(ann: Program, at: str) -> None:
    for key in ("a", "a", "b"):
        answer = ann.post(f"{at}qualification/start/", **{"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["attempt"]) == (200, 1)
    assert QualificationAttempt.objects.count() == 1


def test_nothing_tells_the_score_before_the_answer_nor_whose_response_it_is(ann: Program, at: str) -> None:
    ann.post(f"{at}qualification/start/")
    before = [ann.get(f"{at}{path}") for path in ("qualification/", "qualification/item/")]
    for answer in before:
        assert "known_score" not in answer.text
        assert "short" not in answer.json().get("item", {}).get("explanation", "")
        assert "**is**" not in answer.text
    item = before[1].json()["item"]
    assert set(item) == {"task", "question", "options", "preference", "baseline", "personalised"}
    after = ann.post(f"{at}qualification/item/", {"task": item["task"], "score": 4})
    for answer in (*before, after):
        for word in ("the-secret-run", "the-secret-judge", "test-model", "gold", "judg"):
            assert word not in answer.text, word


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"score": 4}, 400, "task"),
        ({"task": 10**9, "score": 4}, 404, None),
        ({"task": None, "score": 6}, 400, "task"),
    ],
)
def test_what_is_wrong_with_an_answer_is_named(
    ann: Program, at: str, body: dict[str, object], status: int, field: str | None
) -> None:
    ann.post(f"{at}qualification/start/")
    answer = ann.post(f"{at}qualification/item/", body)
    assert (answer.status_code, answer.json().get("field")) == (status, field)


def test_a_regular_task_is_no_item_of_the_round(ann: Program, at: str, campaign: Campaign) -> None:
    ann.post(f"{at}qualification/start/")
    task = campaign.tasks.filter(kind="regular").first()
    assert task is not None
    assert ann.post(f"{at}qualification/item/", {"task": task.pk, "score": 4}).status_code == 404


def test_who_has_started_nothing_cannot_answer(ann: Program, at: str, campaign: Campaign) -> None:
    task = campaign.tasks.filter(kind="qualification").first()
    assert task is not None
    answer = ann.post(f"{at}qualification/item/", {"task": task.pk, "score": 4})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_attempt")


def test_a_campaign_without_a_round_tells_of_none(ann: Program, at: str, campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(pass_mark=None)
    standing = ann.get(f"{at}qualification/").json()
    assert (standing["pass_mark"], standing["items"], standing["may_start"]) == (None, 0, False)
    assert ann.post(f"{at}qualification/start/").json()["code"] == "no_qualification"


def test_the_answers_of_others_are_not_found(ann: Program, at: str, lead: Program) -> None:
    feedback = _take(ann, at, right=4)
    bob = Program(User.objects.get(username="bob"))
    for other in (bob, lead):
        assert other.get(f"{at}qualification/answers/{feedback['id']}/").status_code == 404


def test_outsiders_find_nothing_and_readers_start_nothing(ann: Program, at: str) -> None:
    outsider = Program(build.person("outsider"))
    for path in ("qualification/", "qualification/item/", "qualification/people/"):
        assert outsider.get(at + path).status_code == 404
    assert outsider.post(f"{at}qualification/start/").status_code == 404
    assert ann.get(f"{at}qualification/people/").status_code == 404
    program = Program(ann.user, Scope.ANNOTATE)
    assert program.get(f"{at}qualification/").status_code == 200
    reader = Program(ann.user, Scope.READ)
    assert reader.get(f"{at}qualification/").status_code == 200
    assert reader.post(f"{at}qualification/start/").json()["code"] == "scope_missing"
    admin = Program(build.person(staff=True))
    assert admin.get(f"{at}qualification/").status_code == 403
    assert not QualificationAttempt.objects.exists()


def test_a_lead_sees_everybodys_attempts_and_gives_another(ann: Program, at: str, lead: Program) -> None:
    for _ in range(2):
        _take(ann, at, right=1)
    assert ann.post(f"{at}qualification/start/").json()["code"] == "no_attempts_left"
    people = {row["username"]: row for row in lead.get(f"{at}qualification/people/").json()["results"]}
    assert set(people) == {"ann", "bob"}
    assert [each["passed"] for each in people["ann"]["attempts"]] == [False, False]
    member = people["ann"]["id"]
    assert lead.post(f"{at}members/{member}/grant_attempt/").status_code == 200
    assert ann.post(f"{at}qualification/start/").json()["attempt"] == 3
    under_way = lead.post(f"{at}members/{member}/grant_attempt/")
    assert (under_way.status_code, under_way.json()["code"]) == (409, "attempt_under_way")
    qualified = lead.post(f"{at}members/{member}/qualify/")
    assert qualified.json()["qualified_at"]
    assert ann.get(f"{at}qualification/").json()["is_qualified"]
    named = {"qualification.attempt_granted", "member.qualified"}
    assert named <= set(AuditEvent.objects.filter(actor=lead.user).values_list("action", flat=True))
    rows = lead.get(f"{at}qualification/people/", is_qualified="true").json()["results"]
    assert [row["username"] for row in rows] == ["ann"]
    assert ann.post(f"{at}members/{member}/qualify/").status_code == 404


def test_people_in_the_round_take_as_many_queries_as_few(campaign: Campaign, at: str, lead: Program) -> None:
    def add_people(count: int) -> None:
        for _ in range(count):
            member = campaign.members.create(user=build.person(), role="annotator")
            QualificationAttempt.objects.create(member=member, number=1)

    check_query_count(
        "api_qualification_people_list",
        add_rows=add_people,
        ask=lambda: lead.get(f"{at}qualification/people/"),
    )
