"""What the pages of batches say and do: presets, launching again, failures by cause with retry, cost by stage."""

import re
from decimal import Decimal
from functools import partial

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evaluation.models import (
    Batch,
    Catalogue,
    CatalogueBuild,
    Completion,
    Dataset,
    Endpoint,
    Item,
    Judge,
    Preference,
    Run,
)
from evaluation.presets import PRESETS
from evaluation.selectors.bill import bill_of
from evaluation.selectors.failures import Cause, failures_of
from evaluation.services import control
from evaluation.services.advance import advance_run
from evaluation.services.catalogue_building import advance_build, money_left, start_build
from evaluation.services.judges import default_rubric
from evaluation.services.launching import BatchSpec, launch_batch
from tests import build
from tests.query_counts import check_query_count

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSOLE_TEST_KEY", "k")


def _endpoint(name: str = "model") -> Endpoint:
    return Endpoint.objects.get_or_create(
        name=name,
        defaults={
            "provider": "openai",
            "model": name,
            "api_key_variable": "CONSOLE_TEST_KEY",
            "input_price": Decimal(1),
            "output_price": Decimal(2),
            "priced_on": "2026-01-01",
        },
    )[0]


def _spec(name: str = "autumn", **fields: object) -> BatchSpec:
    dataset, is_new = Dataset.objects.get_or_create(name="launched")
    if is_new:
        for _ in range(3):
            build.question(dataset)
    catalogue, _ = Catalogue.objects.get_or_create(name="launched")
    for kind in ("relevant", "irrelevant"):
        Preference.objects.get_or_create(catalogue=catalogue, text=f"I like {kind} things.", kind=kind)
    given: dict[str, object] = {
        "name": name,
        "dataset": dataset,
        "catalogue": catalogue,
        "models": [_endpoint()],
        "methods": ["direct"],
        "settings": ["relevant", "mixed"],
    }
    return BatchSpec(**(given | fields))  # type: ignore[arg-type]


def _launched(**fields: object) -> Batch:
    batch = launch_batch(spec=_spec(**fields))  # type: ignore[arg-type]
    _advance(batch)
    return batch


def _advance(batch: Batch) -> None:
    for run in batch.runs.order_by("pk"):
        advance_run(run)


def _end(calls: object, **how: object) -> None:
    Completion.objects.filter(pk__in=calls).update(finished_at=timezone.now(), **how)  # type: ignore[misc]


def _waiting() -> list[int]:
    return list(Completion.objects.filter(status="pending").values_list("pk", flat=True))


def _page(staff: Client, route: str, *keys: int, **query: str | int) -> str:
    response = staff.get(reverse(route, args=keys), query)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


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
    page = _page(staff, "batch_launch", preset=key)
    assert PRESETS[key].question in page
    chosen = re.findall(r'name="(methods|settings)" value="(\w+)"[^>]* checked', page)
    assert [value for name, value in chosen if name == "methods"] == methods
    assert [value for name, value in chosen if name == "settings"] == settings


def test_presets_are_offered_with_the_batches_and_an_unknown_one_is_an_empty_form(staff: Client) -> None:
    page = _page(staff, "batch_list")
    for preset in PRESETS.values():
        assert f"{reverse('batch_launch')}?preset={preset.key}" in page
    assert " checked" not in _page(staff, "batch_launch", preset="nonsense")


def test_a_batch_is_launched_again_with_its_settings(staff: Client) -> None:
    judge = Judge.objects.create(name="j", endpoint=_endpoint("judge"), rubric=default_rubric())
    batch = _launched(judges=[judge], sample_size=2, money_budget=Decimal("1.5"), methods=["direct", "cot"])
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


# --- What went wrong ------------------------------------------------------------------------------------------


def test_failures_of_a_batch_are_grouped_by_cause_over_its_runs_and_shared_calls_count_once(
    staff: Client,
) -> None:
    batch = _launched()
    # Three baselines that both runs share, and three personalised calls for each.
    baselines = Completion.objects.filter(item_calls__stage="baseline").distinct()
    own = Completion.objects.filter(item_calls__stage="personalised", item_calls__item__run__setting="mixed")
    _end([baselines[0].pk], status="failed", error_code="timeout", error_message="too slow")
    _end([own[0].pk], status="refused")
    _end([own[1].pk], status="failed", error_code="authentication", error_message="bad key")
    _end(_waiting(), status="succeeded", text="The answer is A.")
    _advance(batch)
    causes = {cause.error_code or cause.status: cause for cause in failures_of(list(batch.runs.all()))}
    assert {name: cause.count for name, cause in causes.items()} == {
        "timeout": 1,
        "refused": 1,
        "authentication": 1,
    }
    page = _page(staff, "batch_detail", batch.pk)
    for said in (
        "No complete answer came in time.",
        "too slow",
        "The provider did not accept the key.",
        "refused by the model",
        f"{reverse('run_item_list', args=[batch.runs.earliest('pk').pk])}?show=failed",
    ):
        assert said in page
    # What may be tried again has a button: two causes, and all of them.
    assert page.count(reverse("batch_retry", args=[batch.pk])) == 3


def test_one_cause_is_tried_again_and_the_others_stay(staff: Client) -> None:
    batch = _launched()
    first, second = Completion.objects.filter(item_calls__stage="personalised").order_by("pk")[:2]
    _end([first.pk], status="failed", error_code="timeout")
    _end([second.pk], status="failed", error_code="authentication")
    _end(_waiting(), status="succeeded", text="The answer is A.")
    _advance(batch)
    retry = reverse("batch_retry", args=[batch.pk])
    response = staff.post(retry, {"endpoint": first.endpoint_id, "error_code": "timeout"})
    assert response.headers["Location"] == reverse("batch_detail", args=[batch.pk])
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("pending", "failed")
    assert Item.objects.filter(status="failed").count() == 1
    assert staff.post(retry, {"endpoint": "x", "error_code": "timeout"}).status_code == 400
    assert staff.post(retry).status_code == 302
    second.refresh_from_db()
    assert second.status == "pending"
    assert staff.post(retry).status_code == 409  # nothing is left


def test_trying_a_shared_call_again_mends_the_items_of_every_run_that_wants_it() -> None:
    batch = _launched()
    shared = Completion.objects.filter(item_calls__stage="baseline").distinct()[0]
    _end([shared.pk], status="failed", error_code="timeout")
    Completion.objects.exclude(pk=shared.pk).update(
        status="succeeded", text="The answer is A.", finished_at=timezone.now()
    )
    _advance(batch)
    assert Item.objects.filter(status="failed").count() == 2
    assert set(batch.runs.values_list("status", flat=True)) == {"complete"}
    assert control.retry_batch(batch=batch) == 1
    assert not Item.objects.filter(status="failed").exists()
    assert set(batch.runs.values_list("status", flat=True)) == {"running"}


def test_an_item_that_failed_by_a_call_another_run_has_tried_again_can_be_mended() -> None:
    first, second = (_launched(name=name, settings=["relevant"]) for name in ("a", "b"))
    shared = Completion.objects.filter(item_calls__stage="baseline").distinct()[0]
    _end([shared.pk], status="failed", error_code="timeout")
    _end(Completion.objects.exclude(pk=shared.pk).values("pk"), status="succeeded", text="The answer is A.")
    _advance(first)
    _advance(second)
    assert control.retry_batch(batch=first) == 1
    _end([shared.pk], status="succeeded", text="The answer is A.")
    _advance(first)
    assert Item.objects.filter(run__batch=second, status="failed").count() == 1
    assert control.retry_batch(batch=second) == 1
    _advance(second)
    assert not Item.objects.filter(status="failed").exists()


def test_cancelled_runs_are_not_set_going_again() -> None:
    batch = _launched(settings=["relevant"])
    _end(Completion.objects.all().values("pk"), status="failed", error_code="timeout")
    _advance(batch)
    Run.objects.update(status="cancelled")
    with pytest.raises(Exception, match="in a run that can go on"):
        control.retry_batch(batch=batch)


def test_a_failed_call_to_a_judge_is_found_and_tried_again() -> None:
    judge = Judge.objects.create(name="j", endpoint=_endpoint("judge"), rubric=default_rubric())
    batch = _launched(settings=["relevant"], judges=[judge])
    _end(Completion.objects.all().values("pk"), status="succeeded", text="The answer is A.")
    _advance(batch)
    asked = Completion.objects.filter(endpoint=judge.endpoint)
    # Somebody else had asked one of them before.
    other = _launched(name="other", settings=["mixed"])
    Completion.objects.filter(pk=asked[0].pk).update(run=other.runs.get())
    _end(asked.values("pk"), status="failed", error_code="overloaded")
    _advance(batch)
    runs = list(batch.runs.all())
    (cause,) = failures_of(runs)
    assert (cause.endpoint_name, cause.count, cause.runs) == ("judge", 3, (runs[0].pk,))
    assert control.retry_batch(batch=batch, cause=Cause(judge.endpoint_id or 0, "overloaded")) == 3
    assert not asked.filter(status="failed").exists()


def test_the_list_of_runs_is_filtered_and_comes_in_pages(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.views.runs.RUNS_PER_PAGE", 2)
    runs = [build.run_with_items(1, name=f"run no. {number}") for number in range(3)]
    Item.objects.filter(run=runs[0]).update(status="failed", failure="why")
    Run.objects.filter(pk=runs[1].pk).update(status="running")

    def listed(**query: str | int) -> list[str]:
        return re.findall(r">(run no\. \d)<", _page(staff, "run_list", **query))

    assert listed() == ["run no. 2", "run no. 1"]
    assert listed(before=runs[1].pk) == ["run no. 0"]
    assert listed(show="failed") == ["run no. 0"]
    assert listed(show="running") == ["run no. 1"]
    assert "No run is like that" in _page(staff, "run_list", show="paused")


# --- What it cost ---------------------------------------------------------------------------------------------


def test_the_bill_of_a_batch_is_by_stage_and_endpoint_and_up_to_date(staff: Client) -> None:
    judge = Judge.objects.create(name="j", endpoint=_endpoint("judge"), rubric=default_rubric())
    batch = _launched(judges=[judge])
    paid = {"status": "succeeded", "text": "The answer is A.", "input_tokens": 100, "output_tokens": 10}
    _end(Completion.objects.all().values("pk"), cost=Decimal("0.5"), **paid)
    _advance(batch)
    verdict = {"text": '{"score": 4, "explanation": ""}', "cost": Decimal("0.25")}
    _end(Completion.objects.filter(endpoint=judge.endpoint).values("pk"), **(paid | verdict))
    _advance(batch)
    runs = list(batch.runs.order_by("pk"))
    assert {run.status for run in runs} == {"complete"}
    for _ in range(2):  # the second time out of what was kept
        lines = {line.stage: (line.endpoint, line.calls, line.dollars) for line in bill_of(runs).lines}
        assert lines == {
            "baseline": ("model", 3, Decimal("1.5")),
            "personalised": ("model", 6, Decimal("3.0")),
            "judge: j": ("judge", lines["judge: j"][1], lines["judge: j"][1] * Decimal("0.25")),
        }
    page = _page(staff, "batch_costs", batch.pk)
    assert re.search(r'Baseline</th> <td>model</td> <td class="number">3</td> <td class="number">300<', page)
    _end([Completion.objects.filter(item_calls__stage="baseline")[0].pk], cost=Decimal("9"))
    Run.objects.update(calls=99)  # as any further call does
    assert bill_of(list(batch.runs.all())).dollars > bill_of(runs).dollars
    assert "Baseline" in _page(staff, "run_costs", runs[0].pk)


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
            endpoint = _endpoint(f"endpoint {number}")
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

    judge = Judge.objects.create(name="seen", endpoint=_endpoint("seen"), rubric=default_rubric())
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


# --- Money of a catalogue build -------------------------------------------------------------------------------


def _build(**fields: object) -> CatalogueBuild:
    dataset = build.question().dataset
    for _ in range(3):
        build.question(dataset)
    given: dict[str, object] = {
        "name": "taste",
        "dataset": dataset,
        "endpoint": _endpoint(),
        "sample_size": 4,
        "per_question": 2,
    }
    return start_build(**(given | fields))  # type: ignore[arg-type]


def _answer_build(cost: str = "0") -> None:
    reply = '{"preferences": [{"text": "I like it short.", "reason": "", "category": "brevity"}]}'
    _end(_waiting(), status="succeeded", text=reply, cost=Decimal(cost))


def test_a_build_asks_no_more_than_its_budget_has_room_for_and_goes_on_once_it_is_raised(
    staff: Client,
) -> None:
    started = _build()
    advance_build(started)
    # What one call may cost at most, from a build without a limit.
    assert money_left(started) is None
    most = (Decimal(912) * 2 + Decimal(400)) / 1_000_000
    limited = _build(name="limited", seed=5, per_question=3, money_budget=most * 2)
    advance_build(limited)
    asked = limited.build_questions.filter(completion__isnull=False).count()
    assert 0 < asked < 4
    assert money_left(limited) is not None
    _answer_build(cost="0.0001")
    advance_build(limited)
    limited.refresh_from_db()
    while limited.status == "asking":
        _answer_build(cost="0.0015")
        advance_build(limited)
        limited.refresh_from_db()
    page = _page(staff, "build_detail", limited.pk)
    assert "The budget is reached" in page
    response = staff.post(reverse("build_budget", args=[limited.pk]), {"money_budget": "5"})
    assert response.status_code == 302
    limited.refresh_from_db()
    assert limited.status == "asking"
    advance_build(limited)
    assert not limited.build_questions.filter(completion__isnull=True).exists()


def test_the_estimate_of_a_build_gives_calls_and_money(staff: Client) -> None:
    dataset = build.question().dataset
    fields = {
        "name": "taste",
        "dataset": dataset.pk,
        "endpoint": _endpoint().pk,
        "sample_size": 10,
        "per_question": 3,
        "seed": 0,
    }
    page = re.sub(
        r"\s+",
        " ",
        staff.post(reverse("build_estimate"), fields, headers={"hx-request": "true"}).content.decode(),
    )
    assert re.search(r'Calls</dt><dd class="figure">10<', page)
    assert re.search(r'Money</dt><dd class="figure">\$0\.\d{4}<', page)
    unpriced = Endpoint.objects.create(
        name="unpriced", provider="openai", model="m", api_key_variable="CONSOLE_TEST_KEY"
    )
    page = staff.post(reverse("build_estimate"), fields | {"endpoint": unpriced.pk}).content.decode()
    assert "is unpriced" in page
    response = staff.post(
        reverse("build_create"), fields | {"endpoint": unpriced.pk, "sample_size": 1, "money_budget": "1"}
    )
    assert response.status_code == 422
    assert "no money budget can hold it" in response.content.decode()
