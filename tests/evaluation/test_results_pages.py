"""The pages of results: what they show is what the metrics give, and every number leads to the items behind it."""

import csv
import io
import json

import pytest
from django.test import Client
from django.urls import reverse

from evaluation.aligner_failures import aligner_failures
from evaluation.comparison import Comparison, compare_anew
from evaluation.metrics import RunOutcomes
from evaluation.models import Completion, ItemCall, Judge, Run, RunJudge
from evaluation.published import model_key, published, source_key
from evaluation.selectors.results import current_gains, gains_to_compute
from evaluation.selectors.run_items import SETS, ItemFilter, run_items
from evaluation.services import comparing
from evaluation.services.comparing import comparison_at_once
from evaluation.services.results import refresh_gain, refresh_result
from evaluation.statistics.aligner_stages import Failure
from tests import build
from tests.query_counts import check_query_count

pytestmark = pytest.mark.django_db

ANSWERS = [("A", "A"), ("A", "B"), ("A", ""), ("B", "A"), ("", "C"), ("A", "A"), ("A", "A")]
SCORES = [5, 5, 1, 2, 4, 1, None]


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(build.person("staff", staff=True))
    return client


def judged(run: Run, *, questions: Run | None = None) -> Run:
    """A run whose items take every path: kept, broken, undelivered, mended, wrong, not followed, unscored."""
    about = [item.question for item in questions.items.order_by("position")] if questions else [None] * 7
    for question, (baseline, personalised), score in zip(about, ANSWERS, SCORES, strict=True):
        item = build.item(run, baseline=baseline, personalised=personalised, about=question)
        build.judgment(item, score)
    RunJudge.objects.create(run=run, judge=Judge.objects.get(name="judge"))
    return run


def called(run: Run, *, stages: list[str], seconds: float, cost: str | None = "0.001") -> None:
    """Give each item its calls, a little dearer from item to item."""
    for number, item in enumerate(run.items.order_by("position")):
        for stage in stages:
            completion = Completion.objects.create(
                endpoint=run.endpoint,
                request_key=f"{item.pk} {stage}",
                request={"messages": [{"role": "user", "content": "Which one?"}]},
                status="succeeded",
                finished_at=run.created_at,
                seconds=seconds + number / 10,
                input_tokens=10,
                output_tokens=20,
                cost=cost,
            )
            ItemCall.objects.create(item=item, stage=stage, completion=completion)


def priced(run: Run) -> Run:
    run.endpoint.provider = "openai"
    run.endpoint.save()
    return run


def test_the_table_shows_the_metrics_by_judge_and_leads_to_the_items(staff: Client) -> None:
    run = judged(build.run())
    refresh_result(run=run)
    page = staff.get(reverse("results"))
    (line,) = page.context["lines"]
    metrics = RunOutcomes(run).metrics().as_dict()
    shown = {cell.column.key: cell.estimate for cell in line.cells}
    assert shown["breakage_rate"] == metrics["breakage_rate"]
    assert shown["alignment_failure"] == metrics["alignment_failure"]["judge"]
    assert shown["robustness_error"] == metrics["robustness_error"]["judge"]
    assert shown["performance_variation"] == metrics["performance_variation"]
    assert shown["delivery_failure"] == metrics["delivery_failure"]["personalised"]
    assert f"/runs/{run.pk}/items/?show=broken" in page.content.decode()


def test_a_result_that_is_being_recomputed_says_as_of_when(staff: Client) -> None:
    run = judged(build.run())
    refresh_result(run=run)
    assert "being recomputed" not in staff.get(reverse("results")).content.decode()
    build.item(run)
    assert "being recomputed" in staff.get(reverse("results")).content.decode()


def test_a_run_that_has_never_been_computed_is_announced(staff: Client) -> None:
    build.run()
    assert "1 run is being computed for the first time" in staff.get(reverse("results")).content.decode()


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
    assert runs(f"judge={Judge.objects.get().pk}") == [worse.pk]
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


def _count(run: Run, show: str) -> int:
    judge = Judge.objects.filter(name="judge").first()
    return run_items(run, ItemFilter(show=show, judge=judge)).count()


def test_the_items_behind_a_number_are_as_many_as_it_says() -> None:
    run = judged(build.run())
    metrics = RunOutcomes(run).metrics()

    def failures(estimate: object, show: str, among: str) -> None:
        assert estimate.n == _count(run, among)  # type: ignore[attr-defined]
        assert estimate.value == pytest.approx(_count(run, show) / _count(run, among))  # type: ignore[attr-defined]

    failures(metrics.breakage_rate, "broken", "baseline_right")
    failures(metrics.alignment_failure["judge"], "not_followed", "scored")
    failures(metrics.robustness_error["judge"], "not_robust", "scored")
    failures(metrics.performance_variation, "changed", "right_somewhere")
    failures(metrics.personalised_delivery_failure, "no_personalised_letter", "answered")
    failures(metrics.baseline_delivery_failure, "no_baseline_letter", "answered")
    assert metrics.unscored["judge"] == _count(run, "unscored")


def test_replicates_are_averaged_behind_a_number_too() -> None:
    run = judged(build.run())
    first = run.items.get(position=1).responses.get(condition="personalised")
    first.judgments.create(judge=Judge.objects.get(), replicate=2, status="scored", score=1)
    first.judgments.create(judge=Judge.objects.get(), replicate=3, status="scored", score=1)
    value = RunOutcomes(run).metrics().alignment_failure["judge"].value
    assert value == pytest.approx(_count(run, "not_followed") / _count(run, "scored"))


@pytest.mark.parametrize("setting", ["relevant", "irrelevant"])
def test_where_pref_aligner_fails_adds_up_and_leads_to_the_items(setting: str) -> None:
    from evaluation.analyses import BEHIND

    run = build.run(method="pref_aligner", setting=setting)
    if setting == "relevant":
        judged(run)
    else:
        build.item(run, texts=("The answer is A.", "The  answer is\nA. "))
        build.item(run, texts=("The answer is A.", "As a pirate: A."))
        build.item(run, personalised="B")
    called(run, stages=["baseline", "aligner"], seconds=1)
    run.items.get(position=1).responses.filter(condition="personalised").update(
        fell_back=setting == "relevant"
    )
    found = aligner_failures(RunOutcomes(run))
    assert found is not None
    (stages,) = found["judges"].values()
    assert sum(stage["items"] or 0 for stage in stages) == run.items.count()
    for stage in stages:
        behind = BEHIND[Failure(stage["stage"])]
        if setting == "irrelevant" and stage["stage"] == "none":
            behind = "left_alone"
        if stage["items"] is not None:
            assert _count(run, behind) == stage["items"], stage["stage"]
    undefined = {stage["stage"]: stage["of_all"]["undefined"] for stage in stages if stage["items"] is None}
    if setting == "relevant":
        assert undefined == {"acted_on_irrelevant": "no irrelevant preference was told"}
    else:
        assert undefined == {"not_followed": "no preference is relevant in this setting"}


def test_a_record_does_not_say_whether_the_aligner_fell_back() -> None:
    found = aligner_failures(RunOutcomes(judged(build.run(method="pref_aligner"))))
    assert found is not None
    stage = next(each for each in found["judges"]["judge"] if each["stage"] == "fell_back")
    assert stage["items"] is None
    assert stage["of_all"]["undefined"]


def test_items_are_listed_a_page_at_a_time(staff: Client) -> None:
    run = build.run_with_items(60)
    address = reverse("run_item_list", args=[run.pk])
    first = staff.get(address)
    assert [item.position for item, _ in first.context["lines"]] == list(range(1, 51))
    second = staff.get(f"{address}?{first.context['next']}")
    assert [item.position for item, _ in second.context["lines"]] == list(range(51, 61))
    assert second.context["next"] == ""


def test_a_set_that_depends_on_a_judge_asks_for_one(staff: Client) -> None:
    run = judged(build.run())
    assert staff.get(reverse("run_item_list", args=[run.pk]), {"show": "not_followed"}).status_code == 422
    listed = staff.get(
        reverse("run_item_list", args=[run.pk]),
        {"show": "not_followed", "judge": str(Judge.objects.get().pk)},
    )
    assert len(listed.context["lines"]) == _count(run, "not_followed")


def test_items_are_filtered_by_why_they_have_no_score_or_failed(staff: Client) -> None:
    run = judged(build.run())
    run.items.filter(position=1).update(status="failed", failure="baseline: the model refused")
    address = reverse("run_item_list", args=[run.pk])
    assert len(staff.get(address, {"reason": "unreadable reply"}).context["lines"]) == 1
    assert (
        len(staff.get(address, {"show": "failed", "cause": "baseline: the model refused"}).context["lines"])
        == 1
    )
    assert len(staff.get(address, {"show": "failed", "cause": "other"}).context["lines"]) == 0


def test_a_comparison_is_over_the_items_in_common() -> None:
    one = judged(build.run())
    other = judged(build.run(method="cot"), questions=one)
    build.item(other)
    compared = comparison_at_once(one, other)
    assert (compared.common, compared.only_reference, compared.only_other) == (7, 0, 1)
    for measure in compared.measures:
        assert measure.rate.difference.value == pytest.approx(0)
        assert measure.p_holm == 1


def test_a_comparison_gives_the_difference_of_the_runs_own_rates() -> None:
    one = judged(build.run())
    other = build.run(method="cot")
    for item in one.items.order_by("position"):
        build.item(other, about=item.question)
    compared = comparison_at_once(one, other)
    rates = {measure.key: measure.rate for measure in compared.measures}
    for key in ("breakage_rate", "performance_variation"):
        a, b = (getattr(RunOutcomes(run).metrics(), key).value for run in (one, other))
        assert rates[key].difference.value == pytest.approx(b - a)
        assert (rates[key].a, rates[key].b) == pytest.approx((a, b))
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


@pytest.mark.parametrize("figure", ["breakage-alignment", "by-method", "by-setting", "preference-categories"])
def test_a_figure_is_chosen_by_its_address(staff: Client, figure: str) -> None:
    refresh_result(run=judged(build.run()))
    page = staff.get(reverse("results_figures"), {"figure": figure})
    assert f"figure-{figure}" in page.content.decode()
    assert staff.get(reverse("results_figures"), {"figure": "none such"}).status_code == 200


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
    assert after.measures[0].rate.difference.value != before.measures[0].rate.difference.value


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
def test_the_queries_of_a_results_page_do_not_grow_with_the_runs(staff: Client, page: str) -> None:
    def add_rows(count: int) -> None:
        for _ in range(count):
            run = build.run(method="pref_aligner")
            build.judgment(build.item(run), 4)
            RunJudge.objects.create(run=run, judge=Judge.objects.get())
            refresh_result(run=run)

    arguments = ["csv"] if page == "results_export" else []
    check_query_count(page, add_rows=add_rows, ask=lambda: staff.get(reverse(page, args=arguments)))


def test_the_queries_of_a_list_of_items_do_not_grow_with_the_items(staff: Client) -> None:
    run = build.run()

    def add_rows(count: int) -> None:
        for _ in range(count):
            build.judgment(build.item(run), 4)
        RunJudge.objects.get_or_create(run=run, judge=Judge.objects.get())

    address = reverse("run_item_list", args=[run.pk])
    asked = {"show": "scored"}
    check_query_count(
        "run_item_list",
        add_rows=add_rows,
        ask=lambda: staff.get(address, {**asked, "judge": str(Judge.objects.get().pk)}),
    )


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


def test_every_set_of_items_can_be_asked_for(staff: Client) -> None:
    run = judged(build.run())
    judge = str(Judge.objects.get().pk)
    for show in SETS:
        assert (
            staff.get(reverse("run_item_list", args=[run.pk]), {"show": show, "judge": judge}).status_code
            == 200
        )
