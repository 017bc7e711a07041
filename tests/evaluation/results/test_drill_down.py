"""From every number on a page to the items behind it: the list is as long as the number says."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evaluation.models import Batch, Completion, Item, ItemCall, Judge, Run, RunJudge
from evaluation.results.figures.forest_plots import DEFINITIONS
from evaluation.results.services.results import refresh_result
from tests import build
from tests.pages import one_line
from tests.sizes import LINKS_ONE_IN, turn

pytestmark = pytest.mark.django_db

LINK = re.compile(r'<a\b[^>]*\bhref="([^"]+)"[^>]*\bdata-count="(\d+)"[^>]*>(.*?)</a>', re.DOTALL)
ANSWERS = [("A", "A"), ("A", "B"), ("A", ""), ("B", "A"), ("", "C"), ("A", "A"), ("A", "A"), ("B", "B")]
SCORES = [5, 5, 1, 2, 4, 1, None, None]


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(build.person("staff", staff=True))
    return client


def run_of_all_kinds(*, method: str = "direct", setting: str = "relevant", beside: Run | None = None) -> Run:
    """A run whose items take every path, from several sources and told several preferences."""
    run = build.run(method=method, setting=setting)
    questions = [item.question for item in beside.items.order_by("position")] if beside else []
    kinds = [
        build.preference("I prefer short answers.", category="brevity"),
        build.preference("I prefer lists & tables.", category="structure"),
    ]
    for number, ((baseline, personalised), score) in enumerate(zip(ANSWERS, SCORES, strict=True)):
        item = build.item(
            run,
            baseline=baseline,
            personalised=personalised,
            source="one" if number % 3 else "",
            liking=kinds[number % 2],
            about=questions[number] if number < len(questions) - 1 else None,
        )
        if setting != "irrelevant" and number < len(ANSWERS) - 1:
            build.judgment(item, score)
    if setting != "irrelevant":
        RunJudge.objects.create(run=run, judge=Judge.objects.get(name="judge"))
    return run


def call(item: Item, stage: str, status: str, code: str = "") -> None:
    """Give the item a call of a stage that stands so."""
    finished = timezone.now() if status != "pending" else None
    completion = Completion.objects.create(
        endpoint=item.run.endpoint,
        run=item.run,
        request_key=f"{item.pk} {stage}",
        request={"messages": [{"role": "user", "content": "Which one?"}]},
        status=status,
        finished_at=finished,
        error_code=code,
        attempts=1,
    )
    ItemCall.objects.create(item=item, stage=stage, completion=completion)


def launched(run: Run, *, status: str) -> Batch:
    """The run as one that was launched, with items answered, failed at each of two stages, and under way."""
    batch = Batch.objects.create(name="launched")
    Run.objects.filter(pk=run.pk).update(batch=batch, status=status)
    run.refresh_from_db()
    first, second, third, *others = run.items.order_by("position")
    for item in others:
        call(item, "baseline", "succeeded")
        call(item, "personalised", "succeeded")
    for item in (first, second, third):
        item.responses.all().delete()
    Item.objects.filter(pk__in=[first.pk, second.pk]).update(
        status="failed", failure="baseline: the call failed: connection"
    )
    call(first, "baseline", "failed", "connection")
    call(first, "personalised", "refused", "refused")
    call(second, "baseline", "failed", "connection")
    if status == "running":
        Item.objects.filter(pk=third.pk).update(status="pending")
        call(third, "baseline", "pending")
    else:
        Item.objects.filter(pk=third.pk).update(status="failed", failure="baseline: the call failed: timeout")
        call(third, "baseline", "failed", "timeout")
    return batch


def links(client: Client, route: str, *keys: int, **query: str | int) -> list[tuple[str, int, str]]:
    """The links of a page to items: address, number, and what a screen reader says."""
    page = client.get(reverse(route, args=keys), query)
    assert page.status_code == 200
    return [
        (html.unescape(address), int(count), one_line(re.sub(r"<[^>]*>", " ", said)).strip())
        for address, count, said in LINK.findall(page.content.decode())
    ]


def check(client: Client, found: list[tuple[str, int, str]]) -> None:
    assert found
    for address, count, said in turn(found, len(found), LINKS_ONE_IN):
        listed = client.get(address)
        assert listed.status_code == 200, address
        assert listed.context["count"] == count == len(listed.context["lines"]), (address, said)
        assert re.search(r"[a-z]{4}", said), f"“{said}” says nothing of {address}"


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["relevant", "irrelevant"])
@pytest.mark.parametrize("by", ["source", "category", "preference", "preference_category"])
@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.one_in(3)
def test_every_number_on_the_page_of_a_run_leads_to_as_many_items(
    staff: Client, by: str, setting: str, stored: bool
) -> None:
    run = run_of_all_kinds(setting=setting)
    if stored:
        refresh_result(run=run)
    found = links(staff, "run_detail", run.pk, by=by)
    check(staff, found)
    said = " ".join(words for *_, words in found)
    for name in DEFINITIONS:
        assert f"{name}" in said or (name == "Alignment failure" and setting == "irrelevant")


def test_the_rates_on_the_page_of_a_run_are_the_linked_items_over_those_they_are_taken_over(
    staff: Client,
) -> None:
    run = run_of_all_kinds()
    page = staff.get(reverse("run_detail", args=[run.pk]))
    assert len(page.context["metrics"]) == len(DEFINITIONS)
    for metric in page.context["metrics"]:
        counted, among = (len(staff.get(address).context["lines"]) for address in metric[-2:])
        assert among == metric.estimate.n
        assert counted / among == pytest.approx(metric.estimate.value)


def test_scores_and_reasons_of_a_judge_lead_to_their_items(staff: Client) -> None:
    run = run_of_all_kinds()
    said = {words: count for _, count, words in links(staff, "run_detail", run.pk)}
    assert said["2 items scored 5 by judge"] == 2
    assert said["1 item that judge left without a score for this reason"] == 1
    assert said["6 scored by judge: their items"] == 6
    assert said["1 waiting for judge: their items"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("status", ["running", "complete"])
@pytest.mark.one_in(2)
def test_stages_and_causes_of_a_launched_run_lead_to_their_items(staff: Client, status: str) -> None:
    run = run_of_all_kinds()
    batch = launched(run, status=status)
    found = links(staff, "run_detail", run.pk)
    check(staff, found)
    addresses = " ".join(address for address, *_ in found)
    for wanted in ("stage=baseline&call=failed", "stage=personalised&call=not_asked", "error=connection"):
        assert wanted in addresses
    check(staff, links(staff, "batch_detail", batch.pk))
    check(staff, links(staff, "run_list"))


def test_numbers_of_the_explorer_and_of_the_stages_lead_to_as_many_items(staff: Client) -> None:
    run = run_of_all_kinds(method="pref_aligner")
    refresh_result(run=run)
    check(staff, links(staff, "results"))
    check(staff, links(staff, "results", by="preference"))
    check(staff, links(staff, "results_stages"))


@pytest.mark.parametrize("setting", ["relevant", "irrelevant"])
@pytest.mark.one_in(2)
def test_numbers_of_a_comparison_lead_to_as_many_items(staff: Client, setting: str) -> None:
    one = run_of_all_kinds()
    other = run_of_all_kinds(method="cot", setting=setting, beside=one)
    for reference, run in ((one, other), (other, one)):
        check(staff, links(staff, "results_compare", reference=reference.pk, run=run.pk))
        page = staff.get(reverse("results_compare"), {"reference": reference.pk, "run": run.pk})
        ((_, linked),) = page.context["compared"]
        among = {"Breakage rate": "baseline_right", "Performance variation": "right_somewhere"}
        for measure, in_reference, in_other in linked.measures:
            if measure.name not in among:
                continue
            for address, rate in ((in_reference, measure.reference), (in_other, measure.other)):
                counted = len(staff.get(address).context["lines"])
                whole = re.sub("show=[a-z_]+", f"show={among[measure.name]}", address)
                assert counted / len(staff.get(whole).context["lines"]) == pytest.approx(rate)


def test_runs_with_nothing_in_common_lead_to_all_their_items(staff: Client) -> None:
    one, other = run_of_all_kinds(), build.run_with_items(2)
    check(staff, links(staff, "results_compare", reference=one.pk, run=other.pk))


def test_a_list_says_what_narrows_it_and_a_new_filter_keeps_that(staff: Client) -> None:
    run = run_of_all_kinds()
    launched(run, status="complete")
    address = reverse("run_item_list", args=[run.pk])
    page = staff.get(address, {"endpoint": str(run.endpoint_id), "error": "connection"}).content.decode()
    assert "ended without an answer: the connection failed" in page
    assert re.search(r'<input type="hidden" name="error" value="connection"', page)
    assert staff.get(address, {"stage": "no such"}).context["count"] == 0
    assert staff.get(address, {"call": "no such"}).status_code == 422


def test_a_judge_is_not_waited_for_where_the_answer_failed(staff: Client) -> None:
    run = run_of_all_kinds()
    launched(run, status="complete")
    page = staff.get(reverse("run_detail", args=[run.pk]))
    stages = {stage.stage: stage for stage in page.context["progress"].stages}
    assert stages["judge: judge"].not_asked == 3
    assert stages["personalised"].not_asked == 2
    assert stages["personalised"].waiting == 0
    assert "Not started: the item failed at an earlier stage" in page.content.decode()


def test_a_run_of_which_every_item_failed_says_that_there_is_nothing_to_rate(staff: Client) -> None:
    run = build.run_with_items(1)
    build.judgment(run.items.get(), 3)
    RunJudge.objects.create(run=run, judge=Judge.objects.get(name="judge"))
    run.items.get().responses.all().delete()
    Item.objects.update(status="failed", failure="baseline: the call failed: connection")
    page = staff.get(reverse("run_detail", args=[run.pk])).content.decode()
    assert "nothing to rate: no items have been answered" in page
