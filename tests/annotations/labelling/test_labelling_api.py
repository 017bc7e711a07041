"""Labelling over REST: what another annotation screen could be built on, and as blind as ours."""

import json
import uuid
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from annotations.models import Assignment, Campaign, Flag, Label
from core.models import User
from core.scopes import Scope
from core.users.tokens.tokens import create_token
from evaluation.models import Run
from tests import build

pytestmark = pytest.mark.django_db

API = "/api/v1/"


@pytest.fixture
def run() -> Run:
    run = build.run(name="the-secret-run", method="pref_aligner")
    for _ in range(6):
        build.judgment(build.item(run), 2, by="the-secret-judge")
    return run


@pytest.fixture
def ann() -> User:
    return build.person("ann")


@pytest.fixture
def campaign(run: Run, ann: User) -> Campaign:
    people = [ann, build.person("bob")]
    return build.campaign(run, people, size=4, guidelines="Look *twice*.", labels_per_person=9)


class Program:
    """A program with one person's token."""

    def __init__(self, user: User, *scopes: str) -> None:
        token = create_token(user=user, name="t", scopes=scopes or [Scope.ANNOTATE])
        self._client = Client(headers={"authorization": f"Bearer {token.secret}"})

    def get(self, path: str, **query: str | int) -> Any:
        return self._client.get(API + path, query)

    def post(self, path: str, body: object = None) -> Any:
        return self._client.post(API + path, body or {}, content_type="application/json")

    def put(self, path: str, body: object) -> Any:
        return self._client.put(API + path, body, content_type="application/json")


def problem(answer: HttpResponse, status: int, code: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(answer.content)
    assert (answer.status_code, said["code"]) == (status, code), said
    assert answer.headers["Content-Type"] == "application/problem+json"
    return said


def label(score: int = 4, **more: object) -> dict[str, object]:
    return {"score": score, "submission_key": str(uuid.uuid4()), "based_on": 0} | more


def test_from_the_first_task_to_the_last(campaign: Campaign, ann: User) -> None:
    program = Program(ann)
    at = f"campaigns/{campaign.pk}/"
    assert program.get(f"{at}standing/").json() == {"done": 0, "wanted": 9}
    for done in range(1, 5):
        answer = program.post(f"{at}next/").json()
        task = answer["task"]
        assert (answer["nothing"], answer["done"]) == (None, done - 1)
        assert [option["letter"] for option in task["options"]] == ["A", "B", "C"]
        submitted = program.post(f"assignments/{task['assignment']}/submit/", label(done))
        assert submitted.json() == {"revision": 1, "done": done}
    answer = program.post(f"{at}next/").json()
    assert (answer["task"], answer["nothing"]["code"]) == (None, "done_by_you")
    assert sorted(Label.objects.values_list("score", flat=True)) == [1, 2, 3, 4]


def test_two_in_hand_and_no_more(campaign: Campaign, ann: User) -> None:
    program, at = Program(ann), f"campaigns/{campaign.pk}/next/"
    first = program.post(at).json()["task"]["assignment"]
    assert program.post(at).json()["task"]["assignment"] == first, "it is in hand already"
    second = program.post(at, {"holding": [first]}).json()["task"]["assignment"]
    assert second != first
    assert program.post(at, {"holding": [first, second]}).json()["nothing"]["code"] == "in_hand"


def test_the_same_submission_twice_is_one_label(campaign: Campaign, ann: User) -> None:
    program = Program(ann)
    assignment = program.post(f"campaigns/{campaign.pk}/next/").json()["task"]["assignment"]
    sent = label(5, comment="Well done.")
    answers = [program.post(f"assignments/{assignment}/submit/", sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert Label.objects.get().comment == "Well done."
    said = problem(program.post(f"assignments/{assignment}/submit/", label(1)), 409, "already_labelled")
    assert said["label"]["score"] == 5
    revised = program.post(f"assignments/{assignment}/submit/", label(2, based_on=1)).json()
    assert revised["revision"] == 2


def test_a_draft_is_kept_and_a_stale_one_overwrites_nothing(campaign: Campaign, ann: User) -> None:
    program = Program(ann)
    assignment = program.post(f"campaigns/{campaign.pk}/next/").json()["task"]["assignment"]
    at = f"assignments/{assignment}/"
    saved = program.put(f"{at}draft/", {"score": 3, "comment": " so far ", "seconds": 2.5, "version": 0})
    assert saved.json() == {"version": 1}
    assert program.get(at).json()["draft"] == {
        "version": 1,
        "score": 3,
        "answer_correct": "",
        "comment": " so far ",
        "seconds": 2.5,
        "answers": None,
    }
    problem(program.put(f"{at}draft/", {"score": 1, "version": 0}), 409, "stale_draft")


def test_a_heartbeat_keeps_the_task_and_says_when_it_is_lost(campaign: Campaign, ann: User) -> None:
    program = Program(ann)
    assignment = program.post(f"campaigns/{campaign.pk}/next/").json()["task"]["assignment"]
    before = Assignment.objects.get(pk=assignment).leased_until
    beat = program.post(f"assignments/{assignment}/heartbeat/")
    assert beat.status_code == 200
    assert before is not None
    assert beat.json()["leased_until"] > before.isoformat()
    Assignment.objects.filter(pk=assignment).update(status="skipped", leased_until=None, skip_reason="other")
    problem(program.post(f"assignments/{assignment}/heartbeat/"), 409, "lease_lost")


def test_skipping_flagging_and_looking_back(campaign: Campaign, ann: User) -> None:
    program, at = Program(ann), f"campaigns/{campaign.pk}/"
    first = program.post(f"{at}next/").json()["task"]["assignment"]
    assert program.post(f"assignments/{first}/skip/", {"reason": "unclear", "note": "?"}).json() == {
        "done": 0,
        "wanted": 9,
    }
    second = program.post(f"{at}next/").json()["task"]["assignment"]
    flagged = [program.post(f"assignments/{second}/flag/", {"reason": "rubric"}) for _ in range(2)]
    assert [each.status_code for each in flagged] == [201, 201]
    assert Flag.objects.count() == 1
    program.post(f"assignments/{second}/submit/", label(4, comment="aye"))
    rows = program.get(f"{at}history/").json()["results"]
    assert [(row["assignment"], row["status"], row["score"]) for row in rows] == [
        (second, "submitted", 4),
        (first, "skipped", None),
    ]
    assert [row["assignment"] for row in program.get(f"{at}history/", words="aye").json()["results"]] == [
        second
    ]
    assert program.get(f"{at}history/", score=1).json()["results"] == []
    problem(program.get(f"{at}history/", score=9), 400, "invalid")


def test_annotators_can_read_guidelines_and_rubric(campaign: Campaign, ann: User) -> None:
    said = Program(ann).get(f"campaigns/{campaign.pk}/guidelines/").json()
    assert (said["version"], said["text"]) == (1, "Look *twice*.")
    assert len(said["rubric"]["anchors"]) == 5


def test_nothing_that_an_annotator_gets_tells_model_run_judge_or_control_item(
    campaign: Campaign, run: Run, ann: User
) -> None:
    control = next(
        item.responses.get(condition="personalised")
        for item in run.items.all()
        if not campaign.tasks.filter(response__item=item).exists()
    )
    build.control(campaign=campaign, response=control, score=2, kind="control", actor=None)
    Campaign.objects.filter(pk=campaign.pk).update(control_every=2)
    program, at = Program(ann), f"campaigns/{campaign.pk}/"
    seen, keys = "", set()
    for _ in range(5):
        answer = program.post(f"{at}next/")
        seen += answer.content.decode()
        task = answer.json()["task"]
        keys.add(tuple(task))
        own = f"assignments/{task['assignment']}/"
        for each in (
            program.get(own),
            program.post(f"{own}heartbeat/"),
            program.put(f"{own}draft/", {"version": 0}),
            program.post(f"{own}flag/", {"reason": "other"}),
            program.post(f"{own}submit/", label()),
        ):
            assert each.status_code in (200, 201)
            seen += each.content.decode()
    assert Assignment.objects.filter(task__kind="control").exists()
    for path in ("", "history/", "standing/", "guidelines/"):
        seen += program.get(at + path).content.decode()
    seen += program.get("campaigns/").content.decode()
    assert len(keys) == 1, "a control item looks like any other task"
    for hidden in ("secret", "pref_aligner", "test-model", "control", "qualification", '"kind"', '"run"'):
        assert hidden not in seen, hidden


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("submit/", {"score": 6}),
        ("submit/", {"score": 3, "submission_key": "no"}),
        ("submit/", {"score": 3, "comment": "x" * 10_001}),
        ("submit/", {"score": 3, "comment": "\0"}),
        ("submit/", {"score": 3, "seconds": -1}),
        ("skip/", {"reason": "bored"}),
        ("flag/", {}),
    ],
)
@pytest.mark.one_in(3)
def test_what_is_wrong_is_named(campaign: Campaign, ann: User, path: str, body: dict[str, object]) -> None:
    program = Program(ann)
    assignment = program.post(f"campaigns/{campaign.pk}/next/").json()["task"]["assignment"]
    given = label() | body if path == "submit/" else body
    said = problem(program.post(f"assignments/{assignment}/{path}", given), 400, "invalid")
    assert said["field"]
    assert not Label.objects.exists()


def test_labelling_needs_a_token_that_may(campaign: Campaign, ann: User) -> None:
    reader = Program(ann, Scope.READ)
    assert reader.get(f"campaigns/{campaign.pk}/standing/").status_code == 200
    problem(reader.post(f"campaigns/{campaign.pk}/next/"), 403, "scope_missing")
    staff = build.person(staff=True)
    problem(Program(staff, Scope.MANAGE).post(f"campaigns/{campaign.pk}/next/"), 403, "scope_missing")


def test_an_outsider_and_a_colleague_get_nothing_of_it(campaign: Campaign, ann: User) -> None:
    assignment = Program(ann).post(f"campaigns/{campaign.pk}/next/").json()["task"]["assignment"]
    bob = Program(User.objects.get(username="bob"))
    outsider = Program(build.person())
    for program in (bob, outsider):
        for path, body in (("submit/", label()), ("skip/", {"reason": "other"}), ("heartbeat/", None)):
            problem(program.post(f"assignments/{assignment}/{path}", body), 404, "not_found")
    problem(outsider.post(f"campaigns/{campaign.pk}/next/"), 404, "not_found")


@pytest.mark.parametrize("number", [0, 2**31, 2**63 - 1, 2**63, 10**40])
def test_an_unknown_number_is_not_found(ann: User, number: int) -> None:
    program = Program(ann)
    for path in (f"assignments/{number}/", f"campaigns/{number}/", f"campaigns/{number}/standing/"):
        problem(program.get(path), 404, "not_found")
