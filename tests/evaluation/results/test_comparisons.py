"""Runs against one another: paired differences, what the extra effort buys, and what is known of costs."""

import pytest
from django.test import Client
from django.urls import reverse

from evaluation.models import Run
from evaluation.results.metrics.comparison import Comparison, compare_anew
from evaluation.results.metrics.run_metrics import RunOutcomes
from evaluation.results.selectors.results import current_gains, gains_to_compute
from evaluation.results.services import comparing
from evaluation.results.services.comparing import comparison_at_once
from evaluation.results.services.results import refresh_gain, refresh_result
from tests import build
from tests.judged_runs import called, judged, priced
from tests.query_counts import check_query_count

pytestmark = pytest.mark.django_db


def test_a_comparison_is_over_the_items_in_common() -> None:
    one = judged(build.run())
    other = judged(build.run(method="cot"), questions=one)
    build.item(other)
    compared = comparison_at_once(one, other)
    assert (compared.common, compared.only_reference, compared.only_other) == (7, 0, 1)
    for measure in compared.measures:
        assert measure.difference.value == pytest.approx(0)
        assert measure.p_holm == 1


def test_a_comparison_gives_the_difference_of_the_runs_own_rates() -> None:
    one = judged(build.run())
    other = build.run(method="cot")
    for item in one.items.order_by("position"):
        build.item(other, about=item.question)
    compared = comparison_at_once(one, other)
    rates = {measure.key: measure for measure in compared.measures}
    for key in ("breakage_rate", "performance_variation"):
        a, b = (getattr(RunOutcomes(run).metrics(), key).value for run in (one, other))
        assert rates[key].difference.value == pytest.approx(b - a)
        assert (rates[key].reference, rates[key].other) == pytest.approx((a, b))
    assert compared.judges_of_one == ["judge"]


def test_runs_with_nothing_in_common_say_so(staff: Client) -> None:
    one, other = judged(build.run()), build.run_with_items(2)
    page = staff.get(reverse("results_compare"), {"reference": str(one.pk), "run": str(other.pk)})
    assert page.status_code == 200
    assert "no items in common" in page.content.decode()


def test_relevant_and_irrelevant_runs_are_paired_by_question() -> None:
    relevant = build.run_with_items(3)
    irrelevant = build.run(setting="irrelevant")
    for item in relevant.items.all():
        build.item(irrelevant, about=item.question)
    compared = comparison_at_once(relevant, irrelevant)
    assert compared.by_question
    assert compared.common == 3


def test_a_comparison_is_remembered_until_a_run_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[tuple[Run, Run]] = []

    def counted(reference: Run, other: Run) -> Comparison:
        computed.append((reference, other))
        return compare_anew(reference, other)

    monkeypatch.setattr(comparing, "compare_anew", counted)
    one = judged(build.run())
    other = judged(build.run(method="cot"), questions=one)
    for run in (one, other):
        refresh_result(run=run)
    before = comparison_at_once(one, other)
    assert computed == [(one, other)]
    assert comparison_at_once(one, other) == before
    assert computed == [(one, other)], "nothing is computed again"
    other.items.filter(position=1).get().responses.filter(condition="personalised").update(answer="B")
    after = comparison_at_once(one, other)
    assert computed == [(one, other)] * 2
    assert after.measures[0].difference.value != before.measures[0].difference.value


def test_gain_is_kept_and_goes_stale_with_either_run() -> None:
    direct = priced(judged(build.run()))
    aligned = judged(build.run(method="pref_aligner"), questions=direct)
    aligned.items.filter(position=2).get().responses.filter(condition="personalised").update(answer="A")
    called(direct, stages=["baseline", "personalised"], seconds=1)
    called(aligned, stages=["baseline", "aligner"], seconds=2)
    for run in (direct, aligned):
        refresh_result(run=run)
    assert gains_to_compute() == [(aligned.pk, direct.pk)]
    gain = refresh_gain(run=aligned, reference=direct)
    assert gains_to_compute() == []
    costs = {measure["key"]: measure for measure in gain.document["costs"]}
    assert costs["seconds"]["reference"] == pytest.approx(1.3), "the baseline is no part of direct prompting"
    assert costs["seconds"]["other"] == pytest.approx(4.6), "it is Pref-Aligner's first stage"
    (found,) = gain.document["gains"]
    errors = [RunOutcomes(run).metrics().robustness_error["judge"].value or 0 for run in (direct, aligned)]
    assert found["per_second"]["value"] == pytest.approx((errors[0] - errors[1]) / 3.3)
    assert found["per_cent"]["value"] == pytest.approx((errors[0] - errors[1]) / 0.1)
    assert set(current_gains([aligned.pk])) == {aligned.pk}
    build.item(direct)
    assert current_gains([aligned.pk]) == {}
    refresh_result(run=direct)
    assert gains_to_compute() == [(aligned.pk, direct.pk)]
    assert current_gains([aligned.pk]) == {}


def test_what_a_replayed_record_took_is_not_known() -> None:
    run = judged(build.run())
    assert refresh_result(run=run).costs["seconds"]["undefined"].startswith("no calls on record")
    called(run, stages=["personalised"], seconds=1)
    assert refresh_result(run=run).costs["seconds"]["undefined"].startswith("the replies are a record")


def test_money_is_undefined_without_a_price_while_time_is_known() -> None:
    run = priced(judged(build.run()))
    called(run, stages=["personalised"], seconds=1, cost=None)
    costs = refresh_result(run=run).costs
    assert costs["dollars"]["undefined"] == "the endpoint has no price"
    assert costs["seconds"]["value"] == pytest.approx(1.3)


def test_the_queries_of_a_comparison_do_not_grow_with_the_items(staff: Client) -> None:
    one, other = build.run(), build.run(method="cot")

    def add_rows(count: int) -> None:
        for _ in range(count):
            build.item(other, about=build.item(one).question)

    address = reverse("results_compare")
    check_query_count(
        "results_compare",
        add_rows=add_rows,
        ask=lambda: staff.get(address, {"reference": str(one.pk), "run": str(other.pk)}),
    )
