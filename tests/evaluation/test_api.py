"""The evaluation over REST: lists by page and filter, what is launched and made, what is never shown."""

import json
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern

from core.api.permissions import IsStaff
from core.models import User
from evaluation import api_urls as urls
from evaluation.judges.selectors import HEURISTIC_JUDGE, default_rubric, heuristic_judge
from evaluation.models import Batch, Completion, Dataset, Endpoint, Judgment, Rubric, Run
from evaluation.results.services.results import refresh_result
from tests import build
from tests.imports import import_over_rest

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

pytestmark = pytest.mark.django_db

API = "/api/v1/"


@pytest.fixture
def admin() -> Client:
    """An admin's program, which may do everything."""
    return _client(build.person("admin", staff=True))


def _client(user: User) -> Client:
    return Client(headers=build.bearer(user, "read", "manage"))


def _post(client: Client, path: str, body: object, method: str = "post") -> "Answer":
    response: Answer = getattr(client, method)(API + path, json.dumps(body), content_type="application/json")
    return response


def _ids(client: Client, path: str) -> list[int]:
    response = client.get(API + path)
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


# Leads import ratings, too: everybody sees their own imports alone.
OWN_IMPORTS = {"api_import_list", "api_import_detail", "api_import_retry"}


def test_every_view_of_the_evaluation_is_for_admins_alone() -> None:
    patterns = [pattern for room in urls.urlpatterns for pattern in room.url_patterns]
    assert len(patterns) > 60
    for pattern in patterns:
        assert isinstance(pattern, URLPattern)
        if pattern.name in OWN_IMPORTS:
            continue
        assert pattern.callback.cls.permission_classes == [IsStaff], pattern.name  # type: ignore[attr-defined]


def test_a_list_comes_in_pages_and_every_row_once(admin: Client) -> None:
    run = build.run_with_items(5)
    seen: list[int] = []
    address: str | None = f"{API}items/?page_size=2"
    pages = 0
    while address:
        page = admin.get(address).json()
        seen += [row["id"] for row in page["results"]]
        address, pages = page["next"], pages + 1
    assert pages == 3
    assert seen == sorted(run.items.values_list("pk", flat=True), reverse=True)


def test_rows_of_one_run_come_in_the_order_of_its_items(admin: Client) -> None:
    run = build.run_with_items(3)
    build.run_with_items(2)
    page = admin.get(f"{API}responses/?run={run.pk}&page_size=4").json()
    rest = admin.get(page["next"]).json()
    positions = dict(run.items.values_list("pk", "position"))
    assert [positions[row["item"]] for row in page["results"] + rest["results"]] == [1, 1, 2, 2, 3, 3]
    assert len({row["id"] for row in page["results"] + rest["results"]}) == 6


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("runs/?stauts=running", "stauts"),
        ("runs/?status=gone", "status"),
        ("runs/?page_size=0", "page_size"),
        ("runs/?page_size=1001", "page_size"),
        ("runs/?cursor=bm9uc2Vuc2U%3D", "cursor"),
        ("runs/?cursor=cD1hYmM%3D", "cursor"),
        ("runs/?batch=99999999999999999999", "batch"),
        ("judgments/?status=unscored", "status"),
        ("items/?status=failed", "status"),
        ("results/compare/", "reference"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_name(admin: Client, query: str, field: str) -> None:
    response = admin.get(API + query)
    problem = response.json()
    assert (response.status_code, problem["code"], problem["field"]) == (400, "invalid", field), problem
    assert response.headers["Content-Type"] == "application/problem+json"
    assert problem["errors"][0]["field"] == field


def test_runs_are_filtered(admin: Client) -> None:
    batch = Batch.objects.create(name="b")
    one, other = build.run("alpha"), build.run("beta", setting="mixed", method="cot")
    Run.objects.filter(pk=other.pk).update(status="running", batch=batch)
    Run.objects.filter(pk=one.pk).update(is_demonstration=True)
    for query in (
        "status=running", "setting=mixed", "method=cot", f"batch={batch.pk}", "search=ET", "is_demonstration=false",
    ):  # fmt: skip
        assert _ids(admin, f"runs/?{query}") == [other.pk], query
    assert _ids(admin, "runs/?is_demonstration=true") == [one.pk]
    assert _ids(admin, "runs/") == [other.pk, one.pk]


def test_judgments_are_filtered(admin: Client) -> None:
    run = build.run_with_items(2)
    first, second = run.items.order_by("pk")
    low, high = build.judgment(first, 1, by="a"), build.judgment(second, 5, by="a")
    unscored = build.judgment(second, None, by="b")
    build.judgment(build.run_with_items(1).items.get(), 1, by="a")
    of = f"judgments/?run={run.pk}"
    assert _ids(admin, f"{of}&score=1") == [low.pk]
    assert _ids(admin, f"{of}&judge={high.judge_id}&item={second.pk}") == [high.pk]
    assert _ids(admin, f"{of}&status=unscored") == [unscored.pk]
    assert _ids(admin, f"judgments/?question={first.question_id}") == [low.pk]
    assert _ids(admin, f"judgments/?response={low.response_id}") == [low.pk]


def test_an_item_comes_with_its_responses_and_judgments(admin: Client) -> None:
    item = build.run_with_items(1).items.get()
    build.judgment(item, 4)
    shown = admin.get(f"{API}items/{item.pk}/").json()
    assert [response["condition"] for response in shown["responses"]] == ["baseline", "personalised"]
    assert [each["score"] for response in shown["responses"] for each in response["judgments"]] == [4]


def test_an_endpoint_is_made_changed_and_shown_without_any_secret(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOP_KEY", "sk-very-secret")
    wanted = {
        "name": "gpt",
        "provider": "openai",
        "model": "gpt-4o-mini",
        "base_url": "https://llm.example.org/v1",
        "api_key_variable": "TOP_KEY",
        "options": {"extra_body": {"user": "sk-other-secret"}, "send_temperature": False},
    }
    made = _post(admin, "endpoints/", wanted)
    assert made.status_code == 201, made.content
    path = f"endpoints/{made.json()['id']}/"
    changed = _post(admin, path, {"input_price": "0.15", "output_price": "0.6"}, method="patch")
    assert changed.status_code == 200, changed.content
    endpoint = Endpoint.objects.get(name="gpt")
    assert (str(endpoint.input_price), endpoint.model) == ("0.150000", "gpt-4o-mini")
    assert endpoint.base_url == wanted["base_url"]
    # As a row may be that was made before passwords in addresses were refused.
    Endpoint.objects.filter(pk=endpoint.pk).update(base_url="https://me:hunter2@llm.example.org/v1")
    for response in (made, changed, admin.get(API + path), admin.get(f"{API}endpoints/?search=gp")):
        text = response.content.decode()
        assert "llm.example.org" in text
        for secret in ("sk-very-secret", "sk-other-secret", "hunter2"):
            assert secret not in text
    assert changed.json()["missing_key"] is None
    Endpoint.objects.filter(pk=endpoint.pk).update(base_url=wanted["base_url"])
    monkeypatch.delenv("TOP_KEY")
    assert "TOP_KEY" in admin.get(API + path).json()["missing_key"]


def test_whose_answers_an_endpoint_gives_is_fixed_once_it_has_a_run(admin: Client) -> None:
    run = build.run_with_items(1)
    refused = _post(admin, f"endpoints/{run.endpoint_id}/", {"model": "other"}, method="patch")
    assert (refused.status_code, refused.json()["field"]) == (409, "model")


def test_a_rubric_is_made_and_revised_into_the_next_version(admin: Client) -> None:
    words = {"instructions": "Rate it.", "anchors": ["a", "b", "c", "d", "e"]}
    made = _post(admin, "rubrics/", {"name": "Mine", **words})
    assert made.status_code == 201, made.content
    revised = _post(admin, f"rubrics/{made.json()['id']}/revise/", words | {"instructions": "Rate it well."})
    assert (revised.status_code, revised.json()["version"]) == (201, 2)
    assert Rubric.objects.get(name="Mine", version=1).instructions == "Rate it."
    missing = _post(admin, "rubrics/", {"name": "Other", "instructions": "Rate it.", "anchors": ["a"]})
    assert {error["field"] for error in missing.json()["errors"]} == {"anchors"}


def test_a_judge_is_made_tried_on_an_item_and_asked_to_rate_a_run(admin: Client) -> None:
    endpoint = heuristic_judge().endpoint
    assert endpoint is not None
    made = _post(
        admin,
        "judges/",
        {"name": "mine", "endpoint": endpoint.name, "rubric": default_rubric().pk, "threshold": 4},
    )
    assert made.status_code == 201, made.content
    run = build.run_with_items(1)
    path = f"judges/{made.json()['id']}/"
    trial = _post(admin, f"{path}test/", {"item": run.items.get().pk})
    assert (trial.status_code, trial.json()["verdict"]) == (202, None), trial.content
    assert trial.json()["messages"]
    assert not Judgment.objects.exists()
    Completion.objects.filter(pk=trial.json()["id"]).update(
        status="succeeded", text='{"score": 4, "explanation": "short"}', finished_at=run.created_at
    )
    shown = admin.get(f"{API}{path}tests/{trial.json()['id']}/").json()
    assert shown["verdict"] == {
        "score": 4,
        "followed": True,
        "explanation": "short",
        "unscored_reason": "",
    }
    asked = _post(admin, f"runs/{run.pk}/judge/", {"judge": "mine"})
    assert (asked.status_code, asked.json()["status"]) == (202, "running")
    assert [judge.name for judge in run.judges.all()] == ["mine"]


def test_a_judge_is_not_tried_on_what_it_could_not_rate(admin: Client) -> None:
    judge = heuristic_judge()
    without = build.run_with_items(1, setting="irrelevant").items.get()
    for item in (without.pk, 10**9):
        refused = _post(admin, f"judges/{judge.pk}/test/", {"item": item})
        assert (refused.status_code, refused.json()["field"]) == (400, "item")


def _launchable() -> dict[str, object]:
    dataset = Dataset.objects.create(name="mmlu")
    for number in range(3):
        build.question(dataset, text=f"Launched {number}?")
    liking = build.preference()
    Endpoint.objects.create(name="m", provider="transformers", model="m")
    return {
        "name": "first",
        "dataset": "mmlu",
        "catalogue": liking.catalogue_id,
        "models": ["m", "m"],
        "methods": ["pref_aligner", "direct"],
        "settings": ["relevant"],
        "judges": [heuristic_judge().name],
        "options": {"seed": 3},
    }


def test_a_batch_is_estimated_launched_and_seen(admin: Client) -> None:
    wanted = _launchable()
    estimate = _post(admin, "batches/estimate/", wanted)
    assert (estimate.status_code, estimate.json()["runs"], estimate.json()["unpriced"]) == (200, 2, ["m"])
    assert not Run.objects.exists()
    launched = _post(admin, "batches/", wanted)
    assert launched.status_code == 201, launched.content
    batch = admin.get(f"{API}batches/{launched.json()['id']}/").json()
    assert {run["method"] for run in batch["runs"]} == {"direct", "pref_aligner"}
    detail = admin.get(f"{API}runs/{batch['runs'][0]['id']}/").json()
    assert detail["options"]["seed"] == 3
    assert detail["judges"] == [HEURISTIC_JUDGE]
    progress = admin.get(f"{API}runs/{detail['id']}/progress/").json()
    assert (progress["progress"]["items"], progress["failures"]) == (3, [])


def test_a_program_that_only_reads_may_estimate_but_not_launch() -> None:
    reader = Client(headers=build.bearer(build.person(staff=True), "read"))
    wanted = _launchable()
    assert _post(reader, "batches/estimate/", wanted).status_code == 200
    assert _post(reader, "batches/", wanted).status_code == 403


def test_every_fault_of_a_launch_is_named(admin: Client) -> None:
    wanted = _launchable() | {"models": ["nobody"], "methods": [], "options": {"sed": 1}, "sample_size": 0}
    problem = _post(admin, "batches/", wanted).json()
    assert {error["field"] for error in problem["errors"]} == {
        "models",
        "methods",
        "options.sed",
        "sample_size",
    }
    assert problem["code"] == "invalid"


def test_unchanged_metrics_and_results_are_not_sent_again(admin: Client) -> None:
    run = build.run_with_items(3)
    build.judgment(run.items.order_by("pk")[0], 4)
    refresh_result(run=run)
    for path in (f"runs/{run.pk}/metrics/", f"runs/{run.pk}/result/", "results/", "results/published/"):
        first = admin.get(API + path)
        assert first.status_code == 200, first.content
        again = admin.get(API + path, headers={"if-none-match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b""), path
    live = admin.get(f"{API}runs/{run.pk}/metrics/")
    build.item(run, personalised="B")
    changed = admin.get(f"{API}runs/{run.pk}/metrics/", headers={"if-none-match": live.headers["ETag"]})
    assert (changed.status_code, changed.json()["items"]) == (200, 4)


def test_a_result_says_whether_it_still_holds(admin: Client) -> None:
    run = build.run_with_items(2)
    assert admin.get(f"{API}runs/{run.pk}/result/").json()["code"] == "no_result"
    refresh_result(run=run)
    assert admin.get(f"{API}runs/{run.pk}/result/").json()["is_current"] is True
    build.item(run)
    assert admin.get(f"{API}runs/{run.pk}/result/").json()["is_current"] is False
    (row,) = admin.get(f"{API}results/?run={run.pk}").json()["results"]
    assert (row["is_current"], row["items"], row["figures"]["breakage_rate"]["n"]) == (False, 2, 2)


def test_two_runs_are_compared_item_by_item(admin: Client) -> None:
    question = build.question()
    one, other = build.run(), build.run(method="cot")
    build.item(one, about=question)
    build.item(other, about=question, personalised="B")
    compared = admin.get(f"{API}results/compare/?reference={one.pk}&other={other.pk}")
    assert compared.status_code == 200, compared.content
    assert (compared.json()["reference"], compared.json()["other"], compared.json()["common"]) == (
        one.pk,
        other.pk,
        1,
    )


def test_slices_of_a_run_by_source(admin: Client) -> None:
    run = build.run()
    build.item(run, source="mmlu")
    build.item(run, source="truthful")
    slices = admin.get(f"{API}runs/{run.pk}/slices/?by=source").json()
    assert [(part["value"], part["metrics"]["items"]) for part in slices] == [("mmlu", 1), ("truthful", 1)]


def test_questions_and_preferences_are_imported_and_read(admin: Client) -> None:
    csv = b"question,options,gold_option\nWhat is it?,\"['one', 'two']\",A\n"
    rows = b'{"question": "Which?", "options": ["x", "y"], "gold_option": "B"}\n'
    for name, content in (("q.csv", csv), ("q.jsonl", rows)):
        posted = {"file": SimpleUploadedFile(name, content), "dataset": "mine"}
        job = import_over_rest(admin, f"{API}datasets/import/", posted)
        assert job["report"]["questions_created"] == 1
    dataset = Dataset.objects.get(name="mine")
    questions = admin.get(f"{API}datasets/{dataset.pk}/questions/?search=which").json()["results"]
    assert [(each["text"], each["options"], each["gold_option"]) for each in questions] == [
        ("Which?", ["x", "y"], "B")
    ]
    posted = {
        "file": SimpleUploadedFile("p.csv", b"text,category\nI like it short.,brevity\n"),
        "name": "likes",
    }
    job = import_over_rest(admin, f"{API}catalogues/import/", posted)
    path = f"{API}catalogues/{job['report']['catalogue']['id']}/preferences/?category=brevity"
    assert [row["text"] for row in admin.get(path).json()["results"]] == ["I like it short."]


def test_a_file_that_cannot_be_imported_is_refused_with_a_code(admin: Client) -> None:
    posted = {"file": SimpleUploadedFile("q.csv", b"nothing\n"), "dataset": "mine"}
    job = import_over_rest(admin, f"{API}datasets/import/", posted)
    assert (job["status"], job["failure_code"], job["failure_field"]) == (
        "refused",
        "unknown_columns",
        "file",
    )
    assert not Dataset.objects.filter(name="mine").exists()


def test_a_body_of_another_type_is_refused(admin: Client) -> None:
    response = admin.post(f"{API}rubrics/", {"name": "x"})
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    broken = admin.post(f"{API}rubrics/", b"{", content_type="application/json")
    assert (broken.status_code, broken.json()["code"]) == (400, "parse_error")


def test_an_address_that_does_not_exist_is_a_problem_too(admin: Client) -> None:
    response = admin.get(f"{API}nothing/here/")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert response.headers["Content-Type"] == "application/problem+json"


def test_only_what_failed_for_one_cause_is_tried_again(admin: Client) -> None:
    run = build.run_with_items(1)
    path = f"runs/{run.pk}/retry/"
    assert _post(admin, path, {}).json()["code"] == "nothing_failed"
    wrong = _post(admin, path, {"endpoint": "x"})
    assert {error["field"] for error in wrong.json()["errors"]} == {"endpoint", "error_code"}
    assert _post(admin, f"runs/{run.pk}/restart/", {}).status_code == 404
