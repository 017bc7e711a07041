"""The two analyses over REST, and the items behind a number: the same as the pages show."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evaluation.judges.selectors import heuristic_judge
from evaluation.models import Completion, Endpoint, Judge, Judgment, Run, RunJudge
from evaluation.results.metrics.aligner_failures import aligner_failures
from evaluation.results.metrics.run_metrics import RunOutcomes
from evaluation.results.selectors.run_items import SETS, ItemFilter, run_items
from evaluation.results.services.results import refresh_gain, refresh_result
from perg.stats.base.result import dump
from tests import build
from tests.judged_runs import called, judged, priced
from tests.query_counts import check_query_count

pytestmark = pytest.mark.django_db

API = "/api/v1/"


@pytest.fixture
def admin() -> Client:
    return Client(headers=build.bearer(build.person("admin", staff=True), "read", "manage"))


def got(client: Client, path: str, **query: str | int) -> Any:
    response = client.get(API + path, query)
    assert response.status_code == 200, response.content
    return response.json()


def rows(client: Client, path: str, **query: str | int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = got(client, path, **query)["results"]
    return found


def test_stages_are_those_of_the_run_with_the_items_behind_them(admin: Client) -> None:
    run = judged(build.run(method="pref_aligner"))
    called(run, stages=["baseline", "aligner"], seconds=1)
    refresh_result(run=run)
    refresh_result(run=build.run_with_items(1))  # another method: it is not in the list
    (found,) = rows(admin, "results/stages/")
    assert (found["run"], found["model"], found["is_current"]) == (run.pk, "test-model", True)
    computed = aligner_failures(RunOutcomes(run))
    assert computed is not None
    (by_judge,) = found["judges"]
    judge = Judge.objects.get(name="judge")
    assert (by_judge["judge"], by_judge["judge_name"]) == (judge.pk, "judge")
    plain = [
        {name: line[name] for name in ("stage", "items", "of_all", "of_reached")}
        for line in by_judge["stages"]
    ]
    assert plain == dump(computed)["judges"]["judge"]
    behind = [line for line in by_judge["stages"] if line["behind"]]
    assert behind
    for line in behind:
        items = rows(admin, f"runs/{run.pk}/items/", show=line["behind"], judge=judge.pk)
        assert len(items) == line["items"], line["behind"]


def test_stages_are_filtered_and_say_when_they_are_old(admin: Client) -> None:
    run = judged(build.run(method="pref_aligner"))
    refresh_result(run=run)
    assert rows(admin, "results/stages/", model="another") == []
    assert rows(admin, "results/stages/", setting="mixed") == []
    assert len(rows(admin, "results/stages/", run=run.pk, dataset=run.dataset_id, model="test-model")) == 1
    build.item(run)
    assert [row["is_current"] for row in rows(admin, "results/stages/")] == [False]


def test_costs_stand_beside_robustness_with_what_the_effort_buys(admin: Client) -> None:
    direct = judged(build.run())
    aligned = judged(build.run(method="pref_aligner"), questions=direct)
    priced(direct)
    called(direct, stages=["personalised"], seconds=1)
    called(aligned, stages=["baseline", "aligner"], seconds=2)
    for run in (direct, aligned):
        refresh_result(run=run)
    refresh_gain(run=aligned, reference=direct)
    first, second = rows(admin, "results/costs/")
    assert (first["run"], second["run"]) == (aligned.pk, direct.pk)
    assert second["gain"] is None
    assert second["why_no_gain"]
    assert first["reference"] == direct.pk
    assert (first["judge"], first["gain"]["judge"]) == ("judge", "judge")
    assert first["costs"]["seconds"]["value"] > second["costs"]["seconds"]["value"] > 0
    assert first["costs"]["dollars"]["n"] > 0
    staff = Client()
    staff.force_login(build.person(staff=True))
    lines = {line.row.result.run_id: line for line in staff.get(reverse("results_costs")).context["page"]}
    for row in (first, second):
        line = lines[row["run"]]
        assert row["robustness_error"] == dump(line.robustness_error)
        assert row["costs"] == dump(line.costs)
        assert row["gain"] == (dump(line.gain) if line.gain else None)
        assert row["why_no_gain"] == line.why_no_gain


def test_costs_come_page_by_page_each_run_once(admin: Client) -> None:
    runs = [judged(build.run()) for _ in range(3)]
    for run in runs:
        for item in run.items.all():
            build.judgment(item, 3, by="another")
        RunJudge.objects.create(run=run, judge=Judge.objects.get(name="another"))
        refresh_result(run=run)
    seen: list[int] = []
    page = got(admin, "results/costs/", page_size=2)
    seen += [row["run"] for row in page["results"]]
    rest = admin.get(page["next"]).json()
    seen += [row["run"] for row in rest["results"]]
    assert seen == [run.pk for run in reversed(runs)]
    assert rest["next"] is None
    another = Judge.objects.get(name="another")
    assert {row["judge"] for row in rows(admin, "results/costs/", judge=another.pk)} == {"another"}
    assert rows(admin, "results/costs/", method="cot") == []


def test_an_unchanged_analysis_is_not_sent_again(admin: Client) -> None:
    run = judged(build.run(method="pref_aligner"))
    refresh_result(run=run)
    for path in ("results/stages/", "results/costs/"):
        tag = admin.get(API + path).headers["ETag"]
        assert admin.get(API + path, headers={"If-None-Match": tag}).status_code == 304
    build.item(run)
    assert admin.get(f"{API}results/stages/", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("show", SETS)
@pytest.mark.one_in(3)
def test_the_items_behind_a_number_are_those_of_the_page(admin: Client, show: str) -> None:
    run = judged(build.run(method="pref_aligner"))
    judge = Judge.objects.get(name="judge")
    expected = [item.pk for item in run_items(run, ItemFilter(show=show, judge=judge))]
    found = rows(admin, f"runs/{run.pk}/items/", show=show, judge=judge.pk)
    assert [row["id"] for row in found] == expected


def test_an_item_behind_a_number_comes_with_answers_and_verdicts(admin: Client) -> None:
    run = judged(build.run())
    page = got(admin, f"runs/{run.pk}/items/", page_size=2)
    first, second = page["results"]
    assert (first["position"], first["gold"], first["personalised_answer"]) == (1, "A", "A")
    assert (second["baseline_answer"], second["personalised_answer"]) == ("A", "B")
    assert first["verdicts"] == [{"judge": "judge", "score": 5, "unscored_reason": ""}]
    assert [row["position"] for row in admin.get(page["next"]).json()["results"]] == [3, 4]


def test_sets_by_a_judge_need_one_that_rates_the_run(admin: Client) -> None:
    run = judged(build.run())
    answer = admin.get(f"{API}runs/{run.pk}/items/?show=not_followed")
    assert (answer.status_code, answer.json()["field"]) == (400, "judge")
    answer = admin.get(f"{API}runs/{run.pk}/items/?show=not_followed&judge={heuristic_judge().pk}")
    assert (answer.status_code, answer.json()["field"]) == (400, "judge")
    assert admin.get(f"{API}runs/{run.pk}/items/?show=nonsense").status_code == 400


def test_a_run_says_how_far_its_judges_are(admin: Client) -> None:
    run = judged(build.run())
    Judgment.objects.filter(status="unscored").update(unscored_reason="unreadable reply")
    (shown,) = got(admin, f"runs/{run.pk}/judging/")
    assert (shown["judge_name"], shown["wanted"], shown["scored"], shown["unscored"]) == ("judge", 7, 6, 1)
    assert shown["unscored_reasons"] == [{"reason": "unreadable reply", "count": 1}]


def test_runs_with_failed_items_are_found(admin: Client) -> None:
    failed, good = build.run_with_items(2), build.run_with_items(2)
    failed.items.filter(position=1).update(status="failed", failure="the call failed: timeout")
    assert [row["id"] for row in rows(admin, "runs/", has_failed_items="true")] == [failed.pk]
    assert [row["id"] for row in rows(admin, "runs/", has_failed_items="false")] == [good.pk]
    assert len(rows(admin, "runs/")) == 2


def test_a_dataset_says_what_questions_it_has(admin: Client) -> None:
    dataset = build.question(source="MMLU").dataset
    build.question(source="MMLU")
    build.question(source="TruthfulQA")
    assert got(admin, f"datasets/{dataset.pk}/counts/") == [
        {"source": "MMLU", "category": "", "questions": 2},
        {"source": "TruthfulQA", "category": "", "questions": 1},
    ]


def test_an_endpoint_says_how_it_is_doing(admin: Client) -> None:
    run = build.run_with_items(1)
    called(run, stages=["personalised"], seconds=1)
    Completion.objects.filter(endpoint=run.endpoint).update(attempts=1)
    health = got(admin, f"endpoints/{run.endpoint_id}/health/")
    assert (health["waiting"], health["in_flight"], health["errors"]) == (0, 0, [])
    assert (health["spend"]["calls"], float(health["spend"]["dollars"])) == (1, 0.001)


def test_a_judge_is_tried_on_texts_of_ones_own(admin: Client) -> None:
    judge = heuristic_judge()
    texts = {
        "question": "What is the capital of France?",
        "options": ["Paris", "Rome"],
        "preference": "I prefer short and concise answers.",
        "personalised": "A. Paris.",
    }
    path = f"{API}judges/{judge.pk}/test/"
    tried = admin.post(path, texts, content_type="application/json")
    assert tried.status_code == 202, tried.content
    assert "capital of France" in tried.json()["messages"][-1]["content"]
    assert not Judgment.objects.exists()
    both = admin.post(path, texts | {"item": 1}, content_type="application/json")
    assert (both.status_code, both.json()["field"]) == (400, "item")
    neither = admin.post(path, {"question": "?"}, content_type="application/json")
    assert {each["field"] for each in neither.json()["errors"]} == {"preference", "personalised"}


def test_nobody_but_admins_reads_the_analyses() -> None:
    lead = build.person("lead")
    run = judged(build.run(method="pref_aligner"))
    build.campaign(run, [build.person()], overlap=1, leads=[lead])
    client = Client(headers=build.bearer(lead, "read", "manage"))
    for path in ("results/stages/", "results/costs/", f"runs/{run.pk}/items/", f"runs/{run.pk}/judging/"):
        assert client.get(API + path).status_code == 403


@pytest.mark.slow
def test_analyses_take_as_many_queries_for_many_rows_as_for_few(admin: Client) -> None:
    def add_runs(count: int) -> None:
        for _ in range(count):
            direct = judged(build.run())
            aligned = judged(build.run(method="pref_aligner"), questions=direct)
            for run in (direct, aligned):
                refresh_result(run=run)
            refresh_gain(run=aligned, reference=direct)

    one = judged(build.run())

    def add_items(count: int) -> None:
        for _ in range(count):
            build.judgment(build.item(one), 3)

    for path in ("results/stages/", "results/costs/"):
        check_query_count(f"GET {path}", add_rows=add_runs, ask=lambda path=path: admin.get(API + path))  # type: ignore[misc]
    for part in ("items", "judging"):
        check_query_count(
            f"GET runs/{{id}}/{part}/",
            add_rows=add_items,
            ask=lambda part=part: admin.get(f"{API}runs/{one.pk}/{part}/"),  # type: ignore[misc]
        )
    assert Endpoint.objects.count() < 6
    assert Run.objects.count() > 12
