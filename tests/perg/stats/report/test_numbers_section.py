"""The report's section of ratings that are numbers, on any range, and where hardly any score repeats."""

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from perg.stats.base.result import dump
from perg.stats.files.rating_set import rating_set
from perg.stats.files.ratings_files import FileRating, FileRatings, Kind, Scale
from perg.stats.items.labelled_items import labelled_items
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.report.label_confusion import MOST_CELLS
from perg.stats.report.label_shares import MOST_LABELS, label_shares_section
from perg.stats.report.numbers import Numbers, numbers_section
from perg.stats.report.section_words import section_lines
from perg.stats.report.validation import validation_report
from tests.rating_inputs import QUICK
from tests.sizes import ITEMS_OF_MANY_LABELS

CHAT_ANSWERS = Path(__file__).parents[5] / "shared" / "data" / "tasks" / "numeric_chat_answers.jsonl"
Floats = NDArray[np.float64]


def rated(
    people: list[Floats], judge: Floats, *, scale: Scale = "interval", ends: tuple[float, float] | None = None
) -> ValidationInput:
    columns: list[tuple[str, Kind, Floats]] = [
        (f"p{place}", "human", said) for place, said in enumerate(people)
    ]
    columns.append(("gpt", "judge", judge))
    rows = [
        FileRating(str(item), rater, kind, float(value), None)
        for rater, kind, said in columns
        for item, value in enumerate(said)
        if not np.isnan(value)
    ]
    ratings = rating_set([FileRatings(tuple(rows), 0)], scale)
    return ValidationInput(ratings, None, np.arange(len(ratings.table.units)), value_range=ends)


def section(data: ValidationInput) -> Numbers:
    return numbers_section(data, ValidationSettings())


def drawn(n: int = 400, levels: int = 0, seed: int = 0) -> tuple[list[Floats], Floats]:
    """Two people and a judge that gives 0.1 more, from 0 to 1, in steps of 1 / `levels` or in none."""
    rng = np.random.default_rng(seed)
    worth = rng.uniform(0.1, 0.8, n)
    columns = [worth + rng.normal(0, 0.05, n) for _ in range(2)] + [worth + 0.1 + rng.normal(0, 0.05, n)]
    columns = [np.clip(np.round(column * levels) / levels if levels else column, 0, 1) for column in columns]
    return columns[:2], columns[2]


def test_bias_limits_and_line_by_hand() -> None:
    """The judge is 1, 1, 2 and 2 above a person; people = judge × 1.2 − 2.1 by least squares."""
    judge = section(rated([np.array([1.0, 2, 3, 4])], np.array([2.0, 3, 5, 6]), ends=(0, 10))).judges[0]
    assert judge.mean_difference.value == pytest.approx(1.5)
    assert judge.spread.value == pytest.approx(np.sqrt(1 / 3))
    assert judge.upper_limit.value == pytest.approx(1.5 + 1.959964 * np.sqrt(1 / 3))
    slope, start = np.polyfit([2, 3, 5, 6], [1, 2, 3, 4], 1)
    assert judge.slope.value == pytest.approx(slope)
    assert judge.expected_at_lowest.value == pytest.approx(start)
    assert judge.expected_at_highest.value == pytest.approx(start + 10 * slope)
    assert judge.expected_at_mean.value == pytest.approx(2.5)
    assert judge.mean_score == pytest.approx(4)
    assert judge.judge_mean.value == pytest.approx(4)


@pytest.mark.parametrize("levels", [0, 8, 99])
def test_scores_of_any_steps_say_the_same_on_every_range(levels: int) -> None:
    people, judge = drawn(levels=levels)
    few = [np.where(np.arange(400) < 120, column, np.nan) for column in people]
    plain = section(rated(few, judge, ends=(0, 1))).judges[0]
    assert plain.mean_difference.low is not None
    assert plain.mean_difference.high is not None
    assert plain.mean_difference.low < 0.1 < plain.mean_difference.high
    assert plain.corrected_mean.low is not None
    assert plain.corrected_mean.high is not None
    truth = float(np.mean(people))
    assert plain.corrected_mean.low < truth < plain.corrected_mean.high
    assert plain.judge_mean.low is not None
    assert truth < plain.judge_mean.low
    for factor, start in ((100, 0), (4, 1), (1e-9, 0), (1e9, 3e9)):
        other = section(
            rated(
                [start + factor * column for column in few],
                start + factor * judge,
                ends=(start, start + factor),
            )
        ).judges[0]
        for name in ("mean_difference", "lower_limit", "mean_bias", "spread"):
            assert getattr(other, name).value == pytest.approx(factor * getattr(plain, name).value, rel=1e-5)
        for name in ("slope", "concordance", "intraclass"):
            assert getattr(other, name).value == pytest.approx(getattr(plain, name).value, rel=1e-5)
            assert getattr(other, name).low == pytest.approx(getattr(plain, name).low, rel=1e-4)
        for name in ("corrected_mean", "people_mean", "expected_at_mean", "expected_at_highest"):
            expected = start + factor * getattr(plain, name).value
            assert getattr(other, name).value == pytest.approx(expected, rel=1e-6)


def test_a_range_that_is_not_stated_is_that_of_the_ratings_and_is_told() -> None:
    people, judge = drawn()
    numbers = section(rated(people, judge))
    assert not numbers.range_is_stated
    assert (numbers.lowest, numbers.highest) == (min(map(np.min, [*people, judge])), np.max([*people, judge]))
    assert any("not stated" in warning for warning in numbers.judges[0].corrected_mean.warnings)
    assert numbers.people_intraclass.value is not None


def test_where_everybody_says_the_same_nothing_breaks_and_reasons_are_given() -> None:
    numbers = section(rated([np.full(5, 0.7)], np.full(5, 0.7)))
    judge = numbers.judges[0]
    assert judge.mean_difference.value == 0
    assert judge.slope.undefined == "the judge gave one score only"
    assert judge.concordance.undefined
    json.dumps(dump(numbers), allow_nan=False)


def test_the_section_belongs_to_interval_scales_alone() -> None:
    people, judge = drawn(n=40, levels=4)
    report = validation_report(rated(people, judge), settings=QUICK)
    assert report.numeric is not None
    assert report.pairwise is None
    assert "limits" in "\n".join(section_lines(report))
    assert validation_report(rated(people, judge, scale="ordinal"), settings=QUICK).numeric is None


@pytest.mark.skipif(not CHAT_ANSWERS.exists(), reason="the published scores are not here")
def test_published_scores_have_their_published_means() -> None:
    """The judge's mean score of 500 answers is 0.841400, the oracle's of 248 of them 0.744516."""
    rows = [json.loads(line) for line in CHAT_ANSWERS.read_text().splitlines()]
    oracle = np.array([row.get("oracle_label", np.nan) for row in rows], dtype=np.float64)
    judge = np.array([row["judge_score"] for row in rows], dtype=np.float64)
    numbers = section(rated([oracle], judge, ends=(0, 1))).judges[0]
    assert (numbers.judge_mean.n, numbers.people_mean.n, numbers.n) == (500, 248, 248)
    assert numbers.judge_mean.value == pytest.approx(0.841400, abs=5e-7)
    assert numbers.people_mean.value == pytest.approx(0.744516, abs=5e-7)
    assert numbers.mean_bias.low is not None
    assert numbers.mean_bias.low > 0


def many_labels(items: int, scale: Scale, labels: int = 4_000) -> ValidationInput:
    """A person and two judges, who share most labels; half of the labels are rare."""
    rng = np.random.default_rng(0)
    truth = np.minimum(rng.integers(0, labels, items), rng.integers(0, labels, items))
    columns = {"ann": "human", "bob": "human", "gpt": "judge", "claude": "judge"}
    rows = [
        FileRating(
            str(item),
            rater,
            "human" if kind == "human" else "judge",
            f"label {code}" if scale == "nominal" else code / labels,
            None,
        )
        for rater, kind in columns.items()
        for item, code in enumerate(np.where(rng.random(items) < 0.7, truth, rng.integers(0, labels, items)))
    ]
    table = rating_set([FileRatings(tuple(rows), 0)], scale)
    return ValidationInput(table, None, np.arange(items), value_range=(0, 1) if scale == "interval" else None)


def peak(data: ValidationInput) -> int:
    """The most memory that the sections of a report take, in bytes."""
    labelled = labelled_items(data)
    tracemalloc.start()
    if data.ratings.scale == "nominal":
        label_shares_section(data, labelled, ValidationSettings())
    else:
        numbers_section(data, ValidationSettings())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


@pytest.mark.slow
@pytest.mark.parametrize("scale", ["nominal", "interval"])
def test_memory_grows_no_faster_than_the_ratings(scale: Scale) -> None:
    few, many = (peak(many_labels(items, scale)) for items in (2_000, 8_000))
    assert many < 5 * few
    assert many < 4_000**2  # bytes: not even one of each pair of labels


@pytest.mark.slow
def test_a_report_on_thousands_of_labels_lists_the_largest_cells_and_says_so() -> None:
    data = many_labels(ITEMS_OF_MANY_LABELS, "nominal")
    report = validation_report(data, settings=ValidationSettings(resamples=20))
    shares = report.label_shares
    assert shares is not None
    assert shares.labels > 3_000
    assert shares.other_labels == shares.labels - MOST_LABELS
    for judge in shares.judges:
        assert len(judge.rows) == MOST_LABELS
        confusion = judge.confusion
        assert confusion.labels == ()
        assert len(confusion.cells) == MOST_CELLS
        assert len(confusion.disagreements) == MOST_CELLS // 2
        assert confusion.other_cells > 1_000
        listed = sum(cell.n for cell in confusion.cells)
        assert listed + confusion.items_in_other_cells == confusion.n
        assert [cell.n for cell in confusion.cells] == sorted(
            (cell.n for cell in confusion.cells), reverse=True
        )
    document = json.dumps(dump(report), allow_nan=False)
    assert len(document) < 200 * ITEMS_OF_MANY_LABELS + 60 * shares.labels * len(report.raters)
