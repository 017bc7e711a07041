"""The two published files: imported whole, and their figures recomputed from the database."""

import time
from pathlib import Path

import pytest

from evaluation.importers.recorded_run import import_recorded_run
from evaluation.models import Run

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


@pytest.mark.skipif(not RUNS.is_dir(), reason="the published files are not part of the project")
@pytest.mark.parametrize(
    ("name", "rows", "published"),
    [
        (
            "mixtral-8x7b_icl_mmlu_part.csv",
            1442,
            (0.6137309292649098, 0.6054091539528432, 0.19887005649717515, 0.32411820781696854),
        ),
        ("mistral-7b_direct_200_messy.csv", 200, (0.145, 0.19, 0.4137931034482759, 0.66)),
    ],
)
def test_a_published_run_is_imported_whole_and_gives_the_published_figures(
    name: str, rows: int, published: tuple[float, ...]
) -> None:
    started = time.monotonic()
    report = import_recorded_run(
        file=RUNS / name, file_name=name, model="m", method="direct", setting="relevant", strict=True
    )
    assert time.monotonic() - started < 5
    assert (report.rows_read, report.rows_imported, report.items) == (rows, rows, rows)
    assert (report.problems, report.warnings) == ((), ())
    assert figures(report.run) == pytest.approx(published, rel=0, abs=1e-12)


@pytest.mark.parametrize("method", ["direct", "pref_aligner"])
def test_the_demonstration_is_imported_whole(method: str) -> None:
    from evaluation.importers.catalogue import import_catalogue

    catalogue = import_catalogue(
        file=DEMONSTRATION / "preferences.csv", name="Demonstration", is_demonstration=True
    ).catalogue
    report = import_recorded_run(
        file=DEMONSTRATION / f"{method}.csv",
        file_name=f"{method}.csv",
        model="demo",
        method=method,
        setting="relevant",
        dataset="Demonstration",
        catalogue=catalogue,
        strict=True,
        is_demonstration=True,
    )
    assert report.rows_imported == report.rows_read > 50
    assert report.warnings == ()
    assert report.run.judges.count() == 1
