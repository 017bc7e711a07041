"""The pages of results: what they show is what the metrics give, beside the study's own figures."""

import csv
import io
import json

import pytest
from django.test import Client
from django.urls import reverse

from evaluation.models import Run, RunJudge
from evaluation.results.metrics.run_metrics import RunOutcomes
from evaluation.results.published import model_key, published, source_key
from evaluation.results.services.results import refresh_gain, refresh_result
from tests import build
from tests.judged_runs import called, judged, priced
from tests.query_counts import check_query_count

pytestmark = pytest.mark.django_db


def test_the_table_shows_the_metrics_by_judge_and_leads_to_the_items(staff: Client) -> None:
    run = judged(build.run())
    refresh_result(run=run)
    page = staff.get(reverse("results"))
    (line,) = page.context["lines"]
    metrics = RunOutcomes(run).metrics()
    shown = {cell.column.key: cell.estimate for cell in line.cells}
    assert shown["breakage_rate"] == metrics.breakage_rate
    assert shown["alignment_failure"] == metrics.alignment_failure["judge"]
    assert shown["robustness_error"] == metrics.robustness_error["judge"]
    assert shown["performance_variation"] == metrics.performance_variation
    assert shown["delivery_failure"] == metrics.delivery_failure.personalised
    assert f"/runs/{run.pk}/items/?show=broken" in page.content.decode()


def test_a_result_that_is_being_recomputed_says_as_of_when(staff: Client) -> None:
    run = judged(build.run())
    refresh_result(run=run)
    assert "updating</span>" not in staff.get(reverse("results")).content.decode()
    build.item(run)
    assert "updating</span>" in staff.get(reverse("results")).content.decode()


def test_a_run_that_has_never_been_computed_is_announced(staff: Client) -> None:
    build.run()
    assert "1 run is still being computed" in staff.get(reverse("results")).content.decode()


def test_the_table_is_filtered_and_sorted_by_its_address(staff: Client) -> None:
    better, worse = build.run(method="cot"), judged(build.run())
    build.item(better)
    for run in (better, worse):
        refresh_result(run=run)

    def runs(query: str) -> list[int]:
        return [
            line.row.result.run_id for line in staff.get(f"{reverse('results')}?{query}").context["lines"]
        ]

    assert runs("sort=breakage_rate") == [better.pk, worse.pk]
    assert runs("sort=-breakage_rate") == [worse.pk, better.pk]
    assert runs("sort=-alignment_failure") == [worse.pk, better.pk], "what is undefined comes last"
    assert runs("method=cot") == [better.pk]
    assert runs(f"judge={build.only_judge().pk}") == [worse.pk]
    assert runs("by=source&value=nothing") == []
    page = staff.get(f"{reverse('results')}?sort=nonsense")
    assert "cannot be sorted" in page.content.decode() or page.context["form"].errors["sort"]


def test_the_files_have_the_table_in_full(staff: Client) -> None:
    run = judged(build.run())
    refresh_result(run=run)
    address = reverse("results_export", args=["csv"])
    text = staff.get(address).getvalue().decode()
    (row,) = csv.DictReader(io.StringIO(text))
    stored = json.loads(staff.get(reverse("results_export", args=["json"])).getvalue())
    expected = RunOutcomes(run).metrics().breakage_rate
    assert float(row["breakage_rate"]) == stored["rows"][0]["breakage_rate"] == expected.value
    assert int(row["breakage_rate_n"]) == expected.n
    assert set(stored["rows"][0]) <= set(row)
    assert staff.get(reverse("results_export", args=["xml"])).status_code == 404


def test_the_studys_figures_stand_beside_ones_own_as_fractions(staff: Client) -> None:
    run = build.run()
    run.endpoint.model = "meta-llama/Meta-Llama-3-8B-Instruct"
    run.endpoint.save()
    build.item(run, source="cais/mmlu")
    refresh_result(run=run)
    page = staff.get(reverse("results"))
    (line,) = page.context["lines"]
    assert line.published is not None
    assert line.published.breakage_rate == 0.168
    assert all(
        row.model != "Llama3-8B" or row.method != "direct" for row in page.context["published_otherwise"][:0]
    )
    by_source = staff.get(f"{reverse('results')}?by=source").context["lines"][0]
    assert by_source.published.breakage_rate == 0.18
    others = page.context["published_otherwise"]
    assert ("Llama3-8B", "direct", "relevant") not in {(row.model, row.method, row.setting) for row in others}
    assert len(others) == 58


def published_run() -> Run:
    """A run beside which the study has figures; of five items of Q*, the judge has rated four, two as followed."""
    run = judged(build.run())
    run.endpoint.model = "meta-llama/Meta-Llama-3-8B-Instruct"
    run.endpoint.save()
    refresh_result(run=run)
    return run


def test_the_studys_own_counting_stands_beside_where_items_are_unrated(staff: Client) -> None:
    published_run()
    page = staff.get(reverse("results"))
    cells = {cell.column.key: cell for cell in page.context["lines"][0].cells}
    assert (cells["alignment_failure"].estimate.value, cells["robustness_error"].estimate.value) == (
        1 / 2, 3 / 4
    )  # fmt: skip
    assert cells["alignment_failure"].by_study_rule == pytest.approx(3 / 5)
    assert cells["robustness_error"].by_study_rule == pytest.approx(4 / 5)
    assert cells["breakage_rate"].by_study_rule is None
    text = page.content.decode()
    assert "study’s counting: 0.600" in text
    assert "counts an item that its judge did not rate as not followed" in text


def test_programs_get_the_studys_counting_too(staff: Client) -> None:
    published_run()
    text = staff.get(reverse("results_export", args=["csv"])).getvalue().decode()
    (row,) = csv.DictReader(io.StringIO(text))
    assert float(row["alignment_failure_study_counting"]) == pytest.approx(3 / 5)
    assert float(row["robustness_error_study_counting"]) == pytest.approx(4 / 5)
    (found,) = staff.get("/api/v1/results/").json()["results"]
    assert found["study_counting"] == pytest.approx({"alignment_failure": 3 / 5, "robustness_error": 4 / 5})


def test_the_studys_counting_is_not_repeated_where_every_item_is_rated(staff: Client) -> None:
    run = published_run()
    unrated = run.items.get(position=7)
    unrated.responses.get(condition="personalised").judgments.all().delete()
    build.judgment(unrated, 5)
    refresh_result(run=run)
    assert "study’s counting:" not in staff.get(reverse("results")).content.decode()


def test_the_studys_figures_are_all_there() -> None:
    study = published()
    assert len(study.rows) == len(study.by_key) == 236
    assert all(rate is None or 0 <= rate <= 1 for row in study.rows for rate in row.rates.values())
    assert {row.setting for row in study.rows if row.alignment_failure is None} == {"irrelevant"}


@pytest.mark.parametrize(
    ("own", "studys"),
    [
        ("meta-llama/Meta-Llama-3-8B-Instruct", "Llama3-8B"),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", "Mixtral-8x7B"),
        ("google/gemma-2-9b-it", "Gemma-2-9B"),
        ("gpt-4o-mini-2024-07-18", "GPT-4o-mini"),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-70B", "DeepSeek-R1-70B"),
    ],
)
def test_models_are_known_by_their_usual_identifiers(own: str, studys: str) -> None:
    assert model_key(own) == model_key(studys)


def test_other_models_are_not_taken_for_the_studys() -> None:
    assert model_key("meta-llama/Llama-3.1-8B-Instruct") != model_key("Llama3-8B")
    assert source_key("truthfulqa/truthful_qa") == source_key("truthful_qa")


@pytest.mark.parametrize("figure", ["breakage-alignment", "by-method", "by-setting", "preference-categories"])
def test_a_figure_is_chosen_by_its_address(staff: Client, figure: str) -> None:
    refresh_result(run=judged(build.run()))
    page = staff.get(reverse("results_figures"), {"figure": figure})
    assert f"figure-{figure}" in page.content.decode()
    assert staff.get(reverse("results_figures"), {"figure": "none such"}).status_code == 200


@pytest.mark.parametrize("page", ["results_stages", "results_costs", "results_figures", "results_compare"])
def test_every_page_of_results_answers_with_and_without_runs(staff: Client, page: str) -> None:
    assert staff.get(reverse(page)).status_code == 200
    run = judged(build.run(method="pref_aligner"))
    refresh_result(run=run)
    assert staff.get(reverse(page)).status_code == 200


FIGURES = [
    "breakage-alignment", "by-method", "by-setting", "preference-categories", "aligner-gain", "cost-seconds",
]  # fmt: skip


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.one_in(3)
def test_figures_can_be_taken_away(staff: Client, figure: str) -> None:
    direct = priced(judged(build.run()))
    aligned = judged(build.run(method="pref_aligner"), questions=direct)
    called(direct, stages=["baseline", "personalised"], seconds=1)
    called(aligned, stages=["baseline", "aligner"], seconds=2)
    for run in (direct, aligned):
        refresh_result(run=run)
    refresh_gain(run=aligned, reference=direct)
    files = {
        extension: staff.get(reverse("results_figure", args=[figure, extension]))
        for extension in ("svg", "pdf", "csv")
    }
    assert b"plot-point" in files["svg"].content
    assert files["pdf"].content.startswith(b"%PDF-")
    rows = list(csv.DictReader(io.StringIO(files["csv"].content.decode())))
    assert len(rows) == (1 if figure == "aligner-gain" else 2)
    assert staff.get(reverse("results_figure", args=[figure, "png"])).status_code == 404


def test_run_pages_show_the_same_stored_and_computed(staff: Client) -> None:
    run = judged(build.run())
    address = reverse("run_detail", args=[run.pk])
    live = staff.get(address).context
    refresh_result(run=run)
    stored = staff.get(address).context
    assert stored["metrics"] == live["metrics"]
    assert stored["slices"] == live["slices"]
    assert stored["unscored"] == live["unscored"]


@pytest.mark.parametrize(
    "page", ["results", "results_figures", "results_stages", "results_costs", "results_export"]
)
@pytest.mark.one_in(3)
def test_the_queries_of_a_results_page_do_not_grow_with_the_runs(staff: Client, page: str) -> None:
    def add_rows(count: int) -> None:
        for _ in range(count):
            run = build.run(method="pref_aligner")
            build.judgment(build.item(run), 4)
            RunJudge.objects.create(run=run, judge=build.only_judge())
            refresh_result(run=run)

    arguments = ["csv"] if page == "results_export" else []
    check_query_count(page, add_rows=add_rows, ask=lambda: staff.get(reverse(page, args=arguments)))
