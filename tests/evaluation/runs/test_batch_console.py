"""What the pages of batches say and do: presets, launching again, cost by stage, the list of runs."""

import re
from decimal import Decimal
from functools import partial

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evaluation.judges.selectors import default_rubric
from evaluation.models import (
    Batch,
    Catalogue,
    Completion,
    Dataset,
    Endpoint,
    Item,
    Judge,
    Run,
)
from evaluation.runs.selectors.bill import bill_of
from evaluation.runs.selectors.presets import PRESETS
from tests import build
from tests.launched_batches import (
    advance,
    end_calls,
    launched_batch,
    model_endpoint,
)
from tests.pages import page_text
from tests.query_counts import check_query_count

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("console_key")]

# --- Launching ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "methods", "settings"),
    [
        ("breakage", ["direct"], ["relevant"]),
        ("relevance", ["direct"], ["relevant", "mixed", "irrelevant"]),
        ("aligner", ["direct", "pref_aligner"], ["relevant", "mixed", "irrelevant"]),
    ],
)
def test_a_preset_fills_the_form_in_and_explains_itself(
    staff: Client, key: str, methods: list[str], settings: list[str]
) -> None:
    page = page_text(staff, "batch_launch", preset=key)
    assert PRESETS[key].question in page
    chosen = re.findall(r'name="(methods|settings)" value="(\w+)"[^>]* checked', page)
    assert [value for name, value in chosen if name == "methods"] == methods
    assert [value for name, value in chosen if name == "settings"] == settings


def test_presets_are_offered_with_the_batches_and_an_unknown_one_is_an_empty_form(staff: Client) -> None:
    page = page_text(staff, "batch_list")
    for preset in PRESETS.values():
        assert f"{reverse('batch_launch')}?preset={preset.key}" in page
    assert " checked" not in page_text(staff, "batch_launch", preset="nonsense")


def test_a_batch_is_launched_again_with_its_settings(staff: Client) -> None:
    judge = Judge.objects.create(name="j", endpoint=model_endpoint("judge"), rubric=default_rubric())
    batch = launched_batch(
        judges=[judge], sample_size=2, money_budget=Decimal("1.5"), methods=["direct", "cot"]
    )
    form = staff.get(reverse("batch_launch"), {"again": batch.pk}).context["form"]
    posted = {name: value for name, value in form.initial.items() if value is not None}
    assert posted["name"] == "autumn (2)"
    assert staff.post(reverse("batch_launch"), posted).status_code == 302
    again = Batch.objects.get(name="autumn (2)")

    def shape(of: Batch) -> list[tuple[object, ...]]:
        return [
            (
                run.endpoint_id,
                run.method,
                run.setting,
                run.catalogue_id,
                run.money_budget,
                run.options,
                list(run.judges.values_list("pk", flat=True)),
                list(run.items.values_list("question", "preference")),
            )
            for run in of.runs.order_by("pk")
        ]

    assert shape(again) == shape(batch)
    form = staff.get(reverse("batch_launch"), {"again": again.pk}).context["form"]
    assert form.initial["name"] == "autumn (3)"


def test_the_list_of_runs_is_filtered_and_comes_in_pages(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.runs.views.runs.RUNS_PER_PAGE", 2)
    runs = [build.run_with_items(1, name=f"run no. {number}") for number in range(3)]
    Item.objects.filter(run=runs[0]).update(status="failed", failure="why")
    Run.objects.filter(pk=runs[1].pk).update(status="running")

    def listed(**query: str | int) -> list[str]:
        return re.findall(r">(run no\. \d)<", page_text(staff, "run_list", **query))

    assert listed() == ["run no. 2", "run no. 1"]
    assert listed(before=runs[1].pk) == ["run no. 0"]
    assert listed(show="failed") == ["run no. 0"]
    assert listed(show="running") == ["run no. 1"]
    assert "No runs match this filter" in page_text(staff, "run_list", show="paused")


# --- What it cost ---------------------------------------------------------------------------------------------


def test_the_bill_of_a_batch_is_by_stage_and_endpoint_and_up_to_date(staff: Client) -> None:
    judge = Judge.objects.create(name="j", endpoint=model_endpoint("judge"), rubric=default_rubric())
    batch = launched_batch(judges=[judge])
    paid = {"status": "succeeded", "text": "The answer is A.", "input_tokens": 100, "output_tokens": 10}
    end_calls(Completion.objects.all().values("pk"), cost=Decimal("0.5"), **paid)
    advance(batch)
    verdict = {"text": '{"score": 4, "explanation": ""}', "cost": Decimal("0.25")}
    end_calls(Completion.objects.filter(endpoint=judge.endpoint).values("pk"), **(paid | verdict))
    advance(batch)
    runs = list(batch.runs.order_by("pk"))
    assert {run.status for run in runs} == {"complete"}
    for _ in range(2):  # the second time out of what was kept
        lines = {line.stage: (line.endpoint, line.calls, line.dollars) for line in bill_of(runs).lines}
        assert lines == {
            "baseline": ("model", 3, Decimal("1.5")),
            "personalised": ("model", 6, Decimal("3.0")),
            "judge: j": ("judge", lines["judge: j"][1], lines["judge: j"][1] * Decimal("0.25")),
        }
    page = page_text(staff, "batch_costs", batch.pk)
    assert re.search(r'Baseline</th><td>model</td><td class="number">3</td><td class="number">300<', page)
    end_calls([Completion.objects.filter(item_calls__stage="baseline")[0].pk], cost=Decimal("9"))
    Run.objects.update(calls=99)  # as any further call does
    assert bill_of(list(batch.runs.all())).dollars > bill_of(runs).dollars
    assert "Baseline" in page_text(staff, "run_costs", runs[0].pk)


# --- The page asks the database as often for many as for few -----------------------------------------------------


def test_pages_of_batches_and_runs_ask_as_often_for_many_as_for_few(staff: Client) -> None:
    batch = Batch.objects.create(name="grown")

    def add(count: int) -> None:
        for _ in range(count):
            run = build.run_with_items(2)
            Run.objects.filter(pk=run.pk).update(batch=batch, status="paused")
            Item.objects.filter(run=run, position=1).update(
                status="failed", failure="baseline: the call failed"
            )
            Completion.objects.create(
                endpoint=run.endpoint,
                run=run,
                request_key=f"failed of {run.pk}",
                request={},
                status="failed",
                error_code=f"code{run.pk}",
                finished_at=timezone.now(),
            )

    for route in ("batch_detail", "batch_costs"):
        check_query_count(route, add_rows=add, ask=partial(staff.get, reverse(route, args=[batch.pk])))
    for route in ("run_list", "batch_list"):
        check_query_count(route, add_rows=add, ask=partial(staff.get, reverse(route)))


def test_pages_of_the_library_ask_as_often_for_many_as_for_few(staff: Client) -> None:
    asked = build.question()

    def add(count: int) -> None:
        for _ in range(count):
            number = Endpoint.objects.count()
            endpoint = model_endpoint(f"endpoint {number}")
            judge = Judge.objects.create(name=f"judge {number}", endpoint=endpoint, rubric=default_rubric())
            run = build.run_with_items(1)
            run.judges.add(judge)
            Run.objects.filter(pk=run.pk).update(endpoint=endpoint)
            build.question(asked.dataset)
            build.preference(f"I like {number}.")
            Dataset.objects.create(name=f"dataset {number}")
            Catalogue.objects.create(name="versions", version=number + 1)
            rubric = default_rubric()
            rubric.pk, rubric.version = None, number + 1
            rubric.save()

    judge = Judge.objects.create(name="seen", endpoint=model_endpoint("seen"), rubric=default_rubric())
    keys = {
        "dataset_detail": asked.dataset_id,
        "catalogue_detail": build.preference().catalogue_id,
        "catalogue_differences": build.preference().catalogue_id,
        "endpoint_detail": judge.endpoint_id,
        "rubric_detail": judge.rubric_id,
        "judge_detail": judge.pk,
    }
    lists = ["library", "dataset_list", "catalogue_list", "endpoint_list", "rubric_list", "judge_list"]
    for route in [*lists, *keys]:
        address = reverse(route, args=[keys[route]] if route in keys else [])
        check_query_count(route, add_rows=add, ask=partial(staff.get, address))
