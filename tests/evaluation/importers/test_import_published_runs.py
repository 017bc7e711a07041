"""The published files: imported whole, and their figures recomputed from the database."""

from pathlib import Path

import pytest

from evaluation.importers.recorded_run import import_recorded_run
from evaluation.models import Run
from evaluation.results.metrics.run_metrics import RunOutcomes

RUNS = Path(__file__).resolve().parents[4] / "shared" / "data" / "recorded_runs"
DEMONSTRATION = Path(__file__).resolve().parents[3] / "evaluation" / "demonstration"

pytestmark = pytest.mark.django_db


def figures(run: Run) -> tuple[float, float, float, float]:
    """Baseline and personalised accuracy, breakage rate, performance variation, by their definitions."""
    answers: dict[int, dict[str, bool]] = {}
    rows = run.items.values_list("pk", "question__gold_option", "responses__condition", "responses__answer")
    for item, gold, condition, answer in rows:
        answers.setdefault(item, {})[condition] = answer == gold
    base = {item for item, correct in answers.items() if correct["baseline"]}
    personalised = {item for item, correct in answers.items() if correct["personalised"]}
    both, either, items = len(base & personalised), len(base | personalised), len(answers)
    return len(base) / items, len(personalised) / items, 1 - both / len(base), 1 - both / either


PUBLISHED = {
    "mixtral-8x7b_icl_mmlu_part.csv": (
        1442, 1442, (0.6137309292649098, 0.6054091539528432, 0.19887005649717515, 0.32411820781696854)
    ),
    "mistral-7b_direct_200_messy.csv": (200, 200, (0.145, 0.19, 0.4137931034482759, 0.66)),
    "mixtral-8x7b_direct_csqa_profiles_3.csv": (
        123, 1476, (0.7560975609756098, 0.7052845528455285, 0.13709677419354838, 0.1934673366834171)
    ),
    "mixtral-8x7b_cot_truthfulqa_profiles_1.csv": (
        82, 1148, (0.6341463414634146, 0.5574912891986062, 0.2321428571428571, 0.30902348578491967)
    ),
    "mistral-7b_icl_mmlu_profiles_5.csv": (
        173, 1903, (0.4797687861271676, 0.441933788754598, 0.30777656078860893, 0.4367201426024956)
    ),
    "llama-3.1-8b_icl_mmlu_profiles_5.csv": (
        173, 1903, (0.5780346820809249, 0.6473988439306358, 0.21545454545454545, 0.41252552756977534)
    ),
}  # fmt: skip
REPEATED = {"mistral-7b_icl_mmlu_profiles_5.csv": 77, "llama-3.1-8b_icl_mmlu_profiles_5.csv": 77}
"""Seven questions twice, told eleven preferences each."""


@pytest.mark.slow
@pytest.mark.skipif(not RUNS.is_dir(), reason="the published files are not part of the project")
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_run_is_imported_whole_and_gives_the_published_figures(name: str) -> None:
    rows, items, published = PUBLISHED[name]
    report = import_recorded_run(
        file=RUNS / name,
        file_name=name,
        model="m",
        method="direct",
        setting="relevant",
        strict=True,
        actor=None,
    )
    assert (report.rows_read, report.rows_imported, report.items) == (rows, rows, items)
    assert report.problems == ()
    told = [warning for warning in report.warnings if not warning.startswith("The texts of the preferences")]
    repeated = REPEATED.get(name)
    assert told == (
        [
            f"{repeated} items repeat the question and preference of an earlier one. Each counts, as in the study."
        ]
        if repeated
        else []
    )
    assert figures(report.run) == pytest.approx(published, rel=0, abs=1e-12)
    metrics = RunOutcomes(report.run).metrics()
    shown = (
        metrics.baseline_accuracy, metrics.personalised_accuracy, metrics.breakage_rate, metrics.performance_variation
    )  # fmt: skip
    assert [estimate.value for estimate in shown] == pytest.approx(published, rel=0, abs=1e-12)


@pytest.mark.parametrize("method", ["direct", "pref_aligner"])
def test_the_demonstration_is_imported_whole(method: str) -> None:
    from evaluation.importers.catalogue import import_catalogue

    catalogue = import_catalogue(
        file=DEMONSTRATION / "preferences.csv", name="Demonstration", is_demonstration=True, actor=None
    ).catalogue
    report = import_recorded_run(
        file=DEMONSTRATION / f"{method}.csv",
        file_name=f"{method}.csv",
        model="demo",
        method=method,
        setting="relevant",
        dataset="Demonstration",
        catalogue=catalogue,
        judge="demo-judge",
        ratings_of="aligner" if method == "pref_aligner" else "pref",
        strict=True,
        is_demonstration=True,
        actor=None,
    )
    assert report.rows_imported == report.rows_read > 50
    assert report.warnings == ()
    assert report.run.judges.count() == 1
