"""Labelling imported items over REST: what a task tells, what it does not, what is refused, and who gets it."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from annotations.models import Assignment, Campaign, ImportedItem, Label
from core.models import User
from perg.formats.rated_items import Block, Exhibit, dump_exhibit
from tests import build
from tests.imported_items import BETTER, EVERY_KIND, SAFE, WHY, labelled_campaign

pytestmark = pytest.mark.django_db

HOSTILE = (
    '<script>alert(1)</script><img src=x onerror=alert(2)> [link](javascript:alert(3)) <b onclick="x()">b</b>'
)


@pytest.fixture
def ann() -> User:
    return build.person("ann")


def _client(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def _task(person: User, campaign: Campaign) -> dict[str, Any]:
    answer = _client(person).post(f"/api/v1/campaigns/{campaign.pk}/next/", {}, "application/json")
    assert answer.status_code == 200
    return dict(answer.json()["task"])


def _submit(person: User, assignment: int, **body: object) -> Any:
    entries = {"submission_key": str(uuid.uuid4()), "based_on": 0} | body
    return _client(person).post(f"/api/v1/assignments/{assignment}/submit/", entries, "application/json")


def test_a_task_has_what_is_shown_and_what_is_asked_and_nothing_that_tells_whose_it_is(ann: User) -> None:
    campaign = labelled_campaign(EVERY_KIND, [ann], items=1, pairs=True)
    ImportedItem.objects.update(attributes={"model": "gpt-secret"}, cluster="cluster-secret")
    task = _task(ann, campaign)
    text = json.dumps(task)
    for secret in ("gpt-4o", "gpt-secret", "cluster-secret", "failures", "fails_below"):
        assert secret not in text
    assert task["question"].startswith("Question 0 of")
    assert (task["preference"], task["baseline"], task["label"]) == ("", None, None)
    criteria = {criterion["key"]: criterion for criterion in task["item"]["criteria"]}
    assert list(criteria) == ["safe", "helpful", "topic", "errors", "better", "percent", "why"]
    assert criteria["helpful"]["choices"][0] == {
        "key": "bad",
        "label": "Not helpful",
        "anchor": "It misses the point.",
    }
    assert criteria["helpful"]["instructions_html"] == "<p>Think of <strong>who asked</strong>.</p>\n"
    assert criteria["why"]["only_if"] == {"criterion": "safe", "answers": ["no"]}
    assert [criteria["percent"][end] for end in ("lowest", "highest", "step")] == [0, 100, 5]


def test_hostile_texts_of_items_and_criteria_execute_nothing(ann: User) -> None:
    campaign = labelled_campaign([SAFE], [ann], items=1)
    block = Block("markdown", HOSTILE, HOSTILE)
    ImportedItem.objects.update(exhibit=dump_exhibit(Exhibit((block,), ((Block("text", HOSTILE),),))))
    definition = campaign.criteria.get().definition | {"question": HOSTILE, "instructions": HOSTILE}
    campaign.criteria.update(definition=definition)
    item = _task(ann, campaign)["item"]
    for html in (item["exhibit_html"], item["criteria"][0]["instructions_html"]):
        for act in ("<script", "<img", "<b ", 'href="javascript'):
            assert act not in html
    page = _client(ann).get(f"/campaigns/{campaign.pk}/label/").content.decode()
    assert "<script>alert" not in page


def test_the_outputs_are_shown_in_the_order_of_the_assignment(ann: User) -> None:
    campaign = labelled_campaign([BETTER], [ann], items=1, pairs=True)
    assignment = _task(ann, campaign)["assignment"]
    for is_swapped in (False, True):
        Assignment.objects.filter(pk=assignment).update(is_swapped=is_swapped)
        html = _client(ann).get(f"/api/v1/assignments/{assignment}/").json()["item"]["exhibit_html"]
        assert (html.index("second one") < html.index("<strong>first</strong>")) is is_swapped


def test_a_label_is_refused_with_every_problem_by_criterion_and_accepted_when_it_is_whole(ann: User) -> None:
    campaign = labelled_campaign([SAFE, WHY], [ann], items=1)
    assignment = _task(ann, campaign)["assignment"]
    refused = _submit(ann, assignment, answers={"safe": "perhaps", "odd": 1})
    assert refused.status_code == 400
    problem = refused.json()
    assert (problem["code"], problem["field"]) == ("answers_refused", "answers.odd")
    assert {error["field"] for error in problem["errors"]} == {"answers.safe", "answers.odd"}
    bodies: list[dict[str, object]] = [{}, {"score": 3}, {"answers": {}, "score": 1}]
    bodies += [{"answers": answers} for answers in ([], "yes", 5, True)]
    for body in bodies:
        assert _submit(ann, assignment, **body).status_code == 400
    assert not Label.objects.exists()
    accepted = _submit(ann, assignment, answers={"safe": "no", "why": "so"})
    assert accepted.json() == {"revision": 1, "done": 1}
    shown = _client(ann).get(f"/api/v1/assignments/{assignment}/").json()
    assert shown["label"]["answers"] == {"safe": "no", "why": "so"}


def test_a_draft_comes_back_as_it_was_entered(ann: User) -> None:
    campaign = labelled_campaign(EVERY_KIND, [ann], items=1, pairs=True)
    assignment = _task(ann, campaign)["assignment"]
    entered = {"percent": "3,", "why": "half", "errors": ["cut"], "better": "first"}
    Assignment.objects.filter(pk=assignment).update(is_swapped=True)
    address = f"/api/v1/assignments/{assignment}/draft/"
    saved = _client(ann).put(address, {"answers": entered, "version": 0}, "application/json")
    assert saved.json() == {"version": 1}
    assert _client(ann).get(f"/api/v1/assignments/{assignment}/").json()["draft"]["answers"] == entered
    stale = _client(ann).put(address, {"answers": {}, "version": 0}, "application/json")
    assert stale.json()["code"] == "stale_draft"
    for hostile in ({"a": {"b": 1}}, [1], {"a": True}):
        assert (
            _client(ann).put(address, {"answers": hostile, "version": 1}, "application/json").status_code
            == 400
        )


@pytest.mark.parametrize("who", ["outsider", "other member", "staff"])
def test_nobody_else_gets_or_labels_the_task(ann: User, who: str) -> None:
    other = build.person(staff=who == "staff")
    campaign = labelled_campaign([SAFE], [ann, other] if who == "other member" else [ann], items=2)
    assignment = _task(ann, campaign)["assignment"]
    assert _client(other).get(f"/api/v1/assignments/{assignment}/").status_code == 404
    assert _submit(other, assignment, answers={"safe": "yes"}).status_code == 404


def test_an_item_has_no_differences(ann: User) -> None:
    campaign = labelled_campaign([SAFE], [ann], items=1)
    assignment = _task(ann, campaign)["assignment"]
    assert _client(ann).get(f"/api/v1/assignments/{assignment}/differences/").status_code == 404
