"""The requests of the annotation screen: what they answer, what they never tell, and what they cost."""

import json
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotations.labelling.services.assignment import reclaim_expired_assignments
from annotations.models import Assignment, Campaign, Draft, Guidelines, Label, Task
from core.models import User
from evaluation.models import Response
from tests import build

pytestmark = pytest.mark.django_db

ASSIGNMENTS = "/api/v1/assignments/"


def _campaign(people: int = 1, tasks: int = 4, **fields: object) -> Campaign:
    run = build.run_with_items(tasks)
    return build.campaign(run, [build.person() for _ in range(people)], overlap=1, **fields)  # type: ignore[arg-type]


def _client(campaign: Campaign, position: int = 0) -> Client:
    client = Client(headers={"Accept": "application/json"})
    client.force_login(User.objects.get(memberships=campaign.members.order_by("pk")[position]))
    return client


def _next(client: Client, campaign: Campaign, *holding: int) -> dict[str, Any]:
    answer = client.post(f"/api/v1/campaigns/{campaign.pk}/next/", {"holding": holding}, "application/json")
    assert answer.status_code == 200
    return dict(answer.json())


def _entries(**fields: object) -> dict[str, object]:
    return {
        "score": 4,
        "answer_correct": "",
        "comment": "",
        "seconds": 12.5,
        "submission_key": str(uuid.uuid4()),
        "based_on": 0,
    } | fields


def _submit(client: Client, assignment: int, **fields: object) -> Any:
    return client.post(f"{ASSIGNMENTS}{assignment}/submit/", _entries(**fields), "application/json")


def test_the_next_task_has_all_that_the_screen_shows() -> None:
    campaign = _campaign(labels_per_person=3)
    client = _client(campaign)
    answer = _next(client, campaign)
    task = answer["task"]
    assert (answer["nothing"], answer["done"], answer["wanted"]) == (None, 0, 3)
    assert (task["status"], task["label"], task["previous"], task["flags"]) == ("leased", None, None, 0)
    assert task["options"][1] == {"letter": "B", "text": "two"}
    assert task["preference"] == "I prefer short and concise answers."
    assert task["personalised_html"] == "<p>A.</p>\n"
    assert task["draft"] == {
        "version": 0,
        "score": None,
        "answer_correct": "",
        "comment": "",
        "seconds": 0,
        "answers": None,
    }
    second = _next(client, campaign, task["assignment"])["task"]
    assert second["previous"] == task["assignment"]
    nothing = _next(client, campaign, task["assignment"], second["assignment"])
    assert (nothing["task"], nothing["nothing"]["code"]) == (None, "in_hand")


def test_a_label_is_taken_once_however_often_it_is_sent() -> None:
    campaign = _campaign()
    client = _client(campaign)
    assignment = _next(client, campaign)["task"]["assignment"]
    key = str(uuid.uuid4())
    answers = [_submit(client, assignment, submission_key=key).json() for _ in range(3)]
    assert answers == [{"revision": 1, "done": 1}] * 3
    label = Label.objects.get()
    assert (label.score, label.seconds, label.answer_correct) == (4, 12.5, "")


def test_a_second_window_does_not_overwrite_the_first_but_shows_the_conflict() -> None:
    campaign = _campaign()
    client = _client(campaign)
    assignment = _next(client, campaign)["task"]["assignment"]
    _submit(client, assignment, score=2, comment="first")
    refused = _submit(client, assignment, score=5)
    assert (refused.status_code, refused.json()["code"]) == (409, "already_labelled")
    assert refused.json()["label"] == {
        "revision": 1,
        "score": 2,
        "answer_correct": "",
        "comment": "first",
        "answers": None,
    }
    assert _submit(client, assignment, score=5, based_on=1).json()["revision"] == 2
    shown = client.get(f"{ASSIGNMENTS}{assignment}/").json()
    assert (shown["status"], shown["label"]["score"]) == ("submitted", 5)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"score": ""}, "score"),
        ({"score": 6}, "score"),
        ({"answer_correct": "maybe"}, "answer_correct"),
        ({"comment": "x" * 10_001}, "comment"),
        ({"seconds": "-1"}, "seconds"),
        ({"seconds": "nan"}, "seconds"),
        ({"seconds": "inf"}, "seconds"),
        ({"submission_key": "x"}, "submission_key"),
        ({"based_on": -1}, "based_on"),
    ],
)
def test_bad_input_is_refused_with_the_field_at_fault(fields: dict[str, object], field: str) -> None:
    campaign = _campaign()
    client = _client(campaign)
    refused = _submit(client, _next(client, campaign)["task"]["assignment"], **fields)
    assert (refused.status_code, refused.json()["field"]) == (400, field)
    assert not Label.objects.exists()


def test_whether_the_answer_is_right_is_wanted_where_the_campaign_asks_and_dropped_where_not() -> None:
    asking, other = _campaign(asks_correctness=True), _campaign()
    client = _client(asking)
    assignment = _next(client, asking)["task"]["assignment"]
    assert _submit(client, assignment).json()["field"] == "answer_correct"
    assert _submit(client, assignment, answer_correct="cannot_tell").status_code == 200
    client = _client(other)
    assert _submit(client, _next(client, other)["task"]["assignment"], answer_correct="no").status_code == 200
    assert list(Label.objects.values_list("answer_correct", flat=True)) == ["cannot_tell", ""]


def test_a_label_names_the_guidelines_in_force_and_an_absurd_time_is_cut() -> None:
    campaign = _campaign(guidelines="first")
    newest = Guidelines.objects.create(campaign=campaign, version=2, text="second")
    client = _client(campaign)
    _submit(client, _next(client, campaign)["task"]["assignment"], seconds=1e9)
    assert Label.objects.values_list("guidelines", "seconds").get() == (newest.pk, 86_400.0)


def test_a_draft_is_kept_with_the_time_and_comes_back_with_the_task() -> None:
    campaign = _campaign()
    client = _client(campaign)
    assignment = _next(client, campaign)["task"]["assignment"]
    entered = {"score": None, "answer_correct": "yes", "comment": "a\nb", "seconds": 3.5}

    def save(**fields: object) -> Any:
        body = entered | fields
        return client.put(f"{ASSIGNMENTS}{assignment}/draft/", body, "application/json").json()

    assert save(version=0) == {"version": 1}
    assert save(version=1, score=2) == {"version": 2}
    assert save(version=1)["code"] == "stale_draft"
    draft = client.get(f"{ASSIGNMENTS}{assignment}/").json()["draft"]
    assert draft == {"version": 2, **entered, "score": 2, "answers": None}
    _submit(client, assignment)
    assert not Draft.objects.exists()


def test_skip_flag_and_heartbeat_answer() -> None:
    campaign = _campaign()
    client = _client(campaign)
    address = f"{ASSIGNMENTS}{_next(client, campaign)['task']['assignment']}/"

    def post(what: str, **body: str) -> Any:
        return client.post(f"{address}{what}/", body, "application/json").json()

    assert "leased_until" in post("heartbeat")
    assert post("flag", reason="other", note="?")["id"] == Assignment.objects.get().flags.get().pk
    assert post("skip", reason="?")["field"] == "reason"
    assert post("skip", reason="unclear") == {"done": 0, "wanted": None}
    assert client.get(address).json()["status"] == "skipped"


def test_a_lost_lease_is_said_so() -> None:
    campaign = _campaign(people=2, tasks=1)
    first, second = _client(campaign, 0), _client(campaign, 1)
    assignment = _next(first, campaign)["task"]["assignment"]
    Assignment.objects.update(leased_until="2020-01-01T00:00:00Z")
    reclaim_expired_assignments()
    assert _next(second, campaign)["task"]
    refused = first.post(f"{ASSIGNMENTS}{assignment}/heartbeat/")
    assert (refused.status_code, refused.json()["code"]) == (409, "lease_lost")
    assert _submit(first, assignment).json() == {"revision": 1, "done": 1}


def test_differences_are_marked_word_by_word_and_stay_sanitised() -> None:
    run = build.run()
    build.item(
        run,
        texts=(
            "Light makes **sugar** in leaves.\n\n<script>alert(1)</script>",
            "Light builds **sugar** in leaves & air.\n\n[x](javascript:alert)",
        ),
    )
    campaign = build.campaign(run, [build.person()], overlap=1)
    client = _client(campaign)
    assignment = _next(client, campaign)["task"]["assignment"]
    marked = client.get(f"{ASSIGNMENTS}{assignment}/differences/").json()
    assert "Light <del>makes</del> <strong>sugar</strong> in" in marked["baseline_html"]
    assert "Light <ins>builds</ins> <strong>sugar</strong> in" in marked["personalised_html"]
    assert "<script" not in marked["baseline_html"]
    assert "javascript" not in marked["personalised_html"].replace("(javascript:", "")
    assert "href" not in marked["personalised_html"]


def test_texts_too_long_to_compare_are_refused_and_not_worked_on() -> None:
    run = build.run()
    build.item(run, texts=("word " * 5000, "other " * 5000))
    campaign = build.campaign(run, [build.person()], overlap=1)
    client = _client(campaign)
    refused = client.get(f"{ASSIGNMENTS}{_next(client, campaign)['task']['assignment']}/differences/")
    assert (refused.status_code, refused.json()["code"]) == (400, "too_long")


def test_the_page_shows_a_task_that_is_asked_for_and_only_ones_own() -> None:
    campaign = _campaign(people=2)
    mine, theirs = _client(campaign, 0), _client(campaign, 1)
    first = _next(mine, campaign)["task"]["assignment"]
    _submit(mine, first)
    page = mine.get(f"/campaigns/{campaign.pk}/label/?assignment={first}")
    assert page.context["first"]["task"]["assignment"] == first
    assert page.context["settings"]["urls"]["next"] == f"/api/v1/campaigns/{campaign.pk}/next/"
    assert theirs.get(f"/campaigns/{campaign.pk}/label/?assignment={first}").status_code == 404
    assert mine.get(f"/campaigns/{campaign.pk}/label/?assignment=x").status_code == 404
    # Asked by its address, the task is none of another campaign's page.
    other = _campaign()
    other.members.update(user=campaign.members.order_by("pk")[0].user)
    assert mine.get(f"/campaigns/{other.pk}/label/?assignment={first}").status_code == 404


def test_nothing_tells_a_control_item_from_another_task() -> None:
    """Every answer in the life of a task has the same names, of the same types, and none that gives it away."""
    run = build.run_with_items(30)
    campaign = build.campaign(
        run, [build.person()], overlap=1, size=24, control_every=3, labels_per_person=20
    )
    for response in Response.objects.filter(condition="personalised", tasks__isnull=True):
        build.control(campaign=campaign, response=response, score=2, actor=None)
    client = _client(campaign)
    answers: dict[str, list[dict[str, Any]]] = {"regular": [], "control": []}
    for done in range(1, 16):
        task = _next(client, campaign)["task"]
        key = task["assignment"]
        submitted = _submit(client, key, score=5).json()
        assert submitted == {"revision": 1, "done": done}
        shown = client.get(f"{ASSIGNMENTS}{key}/").json()
        answers[Task.objects.get(assignments=key).kind].append({"next": task, "shown": shown})
    assert len(answers["control"]) == 5

    def shape(value: object) -> object:
        if isinstance(value, dict):
            return {name: shape(inner) for name, inner in value.items() if name != "previous"}
        return type(value).__name__

    assert {json.dumps(shape(each)) for each in answers["control"]} == {
        json.dumps(shape(each)) for each in answers["regular"]
    }
    text = json.dumps([*answers["control"], *answers["regular"]])
    for hidden in ("control", "stratum", run.name, run.endpoint.model, "wanted_labels", "is_set_aside"):
        assert hidden not in text


def test_the_load_path_takes_few_queries_however_much_was_done() -> None:
    campaign = _campaign(tasks=12)
    client = _client(campaign)
    in_hand = [_next(client, campaign)["task"]["assignment"]]
    in_hand.append(_next(client, campaign, *in_hand)["task"]["assignment"])
    for _ in range(3):
        with CaptureQueriesContext(connection) as submitting:
            assert _submit(client, in_hand.pop(0)).status_code == 200
        with CaptureQueriesContext(connection) as asking:
            in_hand.append(_next(client, campaign, *in_hand)["task"]["assignment"])
    # Of these, one is the user. The session is in the cache. A test's transaction makes savepoints of transactions.
    assert _count(asking) == 6
    assert _count(submitting) == 8


def _count(queries: CaptureQueriesContext) -> int:
    """Without savepoints. Of a prepared statement the text is not captured."""
    return sum("SAVEPOINT" not in (query["sql"] or "") for query in queries.captured_queries)
