"""A record may ask a question twice: every row counts, questions stay clusters, and runs pair one row with one."""

import io
from collections.abc import Sequence

import pytest
from django.test import Client
from django.urls import reverse

from evaluation.importers.recorded_run import import_recorded_run
from evaluation.models import Run
from evaluation.results.metrics.comparison import compare_anew
from evaluation.results.metrics.run_metrics import RunOutcomes
from evaluation.results.selectors.run_items import ItemFilter, run_items
from evaluation.runs.services.launching import BatchSpec, launch_batch

pytestmark = pytest.mark.django_db

HEADER = "question,options,gold_option,preference,no_pref_res,no_pref_ans,pref_res,pref_ans"
Told = tuple[str, str, str, str]
"""Question, preference, baseline and personalised letter."""


def recorded(rows: Sequence[Told], **arguments: str) -> Run:
    lines = [f"{q},\"['x', 'y']\",A,{p},r,{baseline},r,{answer}" for q, p, baseline, answer in rows]
    file = io.BytesIO("\n".join([HEADER, *lines]).encode())
    given = {"file_name": "f.csv", "model": "m", "method": "direct", "setting": "relevant"} | arguments
    return import_recorded_run(file=file, **given, actor=None).run  # type: ignore[arg-type]


def pairs(reference: Run, other: Run) -> tuple[int, int, int]:
    compared = compare_anew(reference, other)
    counts = compared.common, compared.only_reference, compared.only_other
    for run, beside, alone in ((reference, other, counts[1]), (other, reference, counts[2])):
        assert run_items(run, ItemFilter(common=beside)).count() == counts[0]
        assert run_items(run, ItemFilter(only=beside)).count() == alone
    return counts


def test_every_row_counts_in_every_rate() -> None:
    """Baselines right in 3 of 4 rows; of those the personalised answer is wrong in 2."""
    run = recorded([("Q", "P", "A", "A"), ("Q", "P", "A", "B"), ("Q", "P", "A", "B"), ("R", "P", "B", "A")])
    metrics = RunOutcomes(run).metrics()
    assert (metrics.items, metrics.baseline_accuracy.value) == (4, 3 / 4)
    assert metrics.breakage_rate.value == pytest.approx(2 / 3)
    assert metrics.performance_variation.value == pytest.approx(3 / 4)


def test_repetitions_of_a_question_are_resampled_together() -> None:
    run = recorded([("Q", "P", "A", "A"), ("Q", "P", "A", "B"), ("R", "P", "A", "A")])
    question = RunOutcomes(run).outcomes.question
    assert question[0] == question[1] != question[2]


def test_two_runs_pair_the_first_with_the_first_and_the_second_with_the_second() -> None:
    """By repetition the runs differ in both rows: b gets the first wrong that a gets right, and the reverse."""
    a = recorded([("Q", "P", "A", "A"), ("Q", "P", "A", "B"), ("R", "P", "A", "A")])
    b = recorded([("Q", "P", "A", "B"), ("Q", "P", "A", "A"), ("R", "P", "A", "B")], method="cot")
    assert pairs(a, b) == (3, 0, 0)
    rates = {measure.key: measure for measure in compare_anew(a, b).measures}
    assert (rates["breakage_rate"].reference, rates["breakage_rate"].other) == pytest.approx((1 / 3, 2 / 3))


def test_a_repetition_that_only_one_run_has_pairs_with_nothing() -> None:
    twice = recorded([("Q", "P", "A", "A"), ("Q", "P", "A", "B")])
    once = recorded([("Q", "P", "A", "B")], method="cot")
    assert pairs(twice, once) == (1, 1, 0)


def test_relevant_and_irrelevant_runs_pair_the_repetitions_of_a_question_in_order() -> None:
    relevant = recorded([("Q", "P1", "A", "A"), ("Q", "P2", "A", "B"), ("R", "P1", "A", "A")])
    irrelevant = recorded(
        [("Q", "I", "A", "A"), ("Q", "I", "A", "A"), ("R", "I", "A", "A")], setting="irrelevant"
    )
    assert pairs(relevant, irrelevant) == (3, 0, 0)
    rates = {measure.key: measure for measure in compare_anew(relevant, irrelevant).measures}
    assert (rates["breakage_rate"].reference, rates["breakage_rate"].other) == pytest.approx((1 / 3, 0))


def test_a_question_that_one_run_asks_more_often_is_not_paired_by_question_alone() -> None:
    relevant = recorded([("Q", "P1", "A", "A"), ("Q", "P2", "A", "B"), ("R", "P1", "A", "A")])
    irrelevant = recorded([("Q", "I", "A", "A"), ("R", "I", "A", "A")], setting="irrelevant")
    assert pairs(relevant, irrelevant) == (1, 2, 1)


def test_a_comparison_of_repeated_items_leads_to_its_items(staff: Client) -> None:
    a = recorded([("Q", "P", "A", "A"), ("Q", "P", "A", "B"), ("R", "P", "A", "A")])
    b = recorded([("Q", "P", "A", "B"), ("Q", "P", "A", "A")], method="cot")
    page = staff.get(reverse("results_compare"), {"reference": a.pk, "run": b.pk})
    ((_, linked),) = page.context["compared"]
    assert staff.get(linked.common).context["count"] == 2
    assert staff.get(linked.only_reference).context["count"] == 1


def test_a_launched_run_asks_a_repeated_question_once_and_pairs_with_its_first_row() -> None:
    from evaluation.importers.catalogue import import_catalogue

    catalogue = import_catalogue(file=io.BytesIO(b"text\nP\n"), name="c", actor=None).catalogue
    arguments = {"catalogue": catalogue, "dataset": "d"}
    on_record = recorded([("Q", "P", "A", "A"), ("Q", "P", "A", "B"), ("R", "P", "A", "A")], **arguments)  # type: ignore[arg-type]
    spec = BatchSpec(
        name="again",
        dataset=on_record.dataset,
        catalogue=catalogue,
        models=[on_record.endpoint],
        methods=["direct"],
        settings=["relevant"],
    )
    launched = launch_batch(spec=spec, actor=None).runs.get()
    assert list(launched.items.order_by("position").values_list("repetition", flat=True)) == [1, 1]
