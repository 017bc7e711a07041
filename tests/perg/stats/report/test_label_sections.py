"""Every label of a nominal scale, and a question with any of k labels as a whole."""

import json

import numpy as np
import pytest
from nltk.metrics.agreement import AnnotationTask
from nltk.metrics.distance import jaccard_distance

from perg.stats.base.result import dump
from perg.stats.files.rating_set import RatingSet, rating_set
from perg.stats.files.ratings_files import FileRating, FileRatings, Kind
from perg.stats.items.labelled_items import labelled_items
from perg.stats.items.validation_input import ValidationInput, ValidationSettings
from perg.stats.report.label_sets import LabelSets, label_sets
from perg.stats.report.label_shares import LabelShares, label_shares_section
from perg.stats.report.section_words import section_lines
from perg.stats.report.validation import validation_report
from tests.rating_inputs import QUICK

KINDS: dict[str, Kind] = {"ann": "human", "bob": "human", "gpt": "judge"}


def named(columns: dict[str, list[str | None]]) -> RatingSet:
    rows = [
        FileRating(str(item), rater, KINDS[rater], label, None)
        for rater, labels in columns.items()
        for item, label in enumerate(labels)
        if label is not None
    ]
    return rating_set([FileRatings(tuple(rows), 0)], "nominal")


def shares_of(columns: dict[str, list[str | None]]) -> LabelShares:
    ratings = named(columns)
    data = ValidationInput(ratings, None, np.arange(len(ratings.table.units)))
    return label_shares_section(data, labelled_items(data), ValidationSettings())


def test_shares_errors_and_confusion_of_every_label_by_hand() -> None:
    """Ten items; ann labelled six: a a a b b c. The judge: a a b b c c, then a a b c."""
    section = shares_of(
        {"ann": [*"aaabbc", None, None, None, None], "gpt": [*"aabbcc", *"aabc"]},
    )
    (judge,) = section.judges
    assert (section.labels, section.other_labels, judge.judged, judge.labelled) == (3, 0, 10, 6)
    rows = {row.label: row for row in judge.rows}
    assert rows["a"].judge.value == 0.4
    assert rows["a"].people.value == 0.5
    assert (rows["a"].missed.value, rows["a"].missed.n) == (pytest.approx(1 / 3), 3)
    assert (rows["a"].invented.value, rows["a"].wrong.value) == (0, 0)
    assert rows["b"].wrong.value == 0.5
    assert judge.confusion.agreement.value == pytest.approx(4 / 6)
    assert judge.confusion.rows == (("a", (2, 1, 0)), ("b", (0, 1, 1)), ("c", (0, 0, 1)))
    assert judge.confusion.disagreements[0].n == 1


def test_corrected_shares_of_all_labels_hold_the_truth_at_once() -> None:
    """The judge says “a” too often; with 150 of 1,000 labels the corrected shares hold the truth."""
    held = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        truth = rng.choice(["a", "b", "c", "d"], 1000, p=[0.4, 0.3, 0.2, 0.1])
        judge = np.where(rng.random(1000) < 0.2, "a", truth)
        section = shares_of({"ann": [*truth[:150].tolist(), *[None] * 850], "gpt": judge.tolist()})
        ends = [row.simultaneous for row in section.judges[0].rows]
        held.append(
            all(
                end is None or end.low is None or (end.low <= share <= (end.high or 0))
                for end, share in zip(ends, (0.4, 0.3, 0.2, 0.1), strict=True)
            )
        )
        assert section.judges[0].rows[0].judge.low is not None
        assert section.judges[0].rows[0].judge.low > 0.4
    assert sum(held) >= 17


def test_people_who_are_divided_and_labels_nobody_gave_are_left_out() -> None:
    section = shares_of({"ann": ["a", "a", None], "bob": ["a", "b", None], "gpt": ["a", "a", "a"]})
    (judge,) = section.judges
    assert (judge.judged, judge.labelled) == (3, 1)
    assert judge.confusion.left_out == 1
    rows = {row.label: row for row in judge.rows}
    assert rows["b"].missed.undefined == "people gave the label to no item"
    assert rows["a"].corrected.undefined


def test_the_section_is_in_reports_of_names_alone() -> None:
    ratings = named({"ann": [*"aabbcc"] * 5, "gpt": [*"aabbca"] * 5})
    report = validation_report(ValidationInput(ratings, 1, np.arange(30)), settings=QUICK)
    assert report.label_shares is not None
    assert report.numeric is None
    text = "\n".join(section_lines(report))
    assert "Shares of 3 labels" in text
    json.dumps(dump(report), allow_nan=False)


def question(sets: dict[str, list[set[str] | None]], labels: str = "xyz") -> LabelSets:
    """The sets of each rater as one criterion of yes and no a label."""
    by_label = {
        label: named(
            {
                rater: [None if given is None else "yes" if label in given else "no" for given in of_items]
                for rater, of_items in sets.items()
            }
        )
        for label in labels
    }
    return label_sets(by_label, {})


SETS: dict[str, list[set[str] | None]] = {
    "ann": [{"x"}, {"x", "y"}, set(), {"z"}, {"y"}, {"x"}],
    "bob": [{"x"}, {"x"}, set(), {"z", "y"}, {"x"}, {"x"}],
    "gpt": [{"x"}, {"x", "y"}, {"z"}, {"z"}, {"y"}, None],
}


def test_alpha_of_sets_is_nltks_by_jaccard() -> None:
    whole = question(SETS)
    task = [
        (rater, str(item), frozenset(given or ()))
        for rater in ("ann", "bob")
        for item, given in enumerate(SETS[rater])
    ]

    # nltk divides by the size of the union, which two empty sets have not.
    def distance(a: frozenset[str], b: frozenset[str]) -> float:
        return 0.0 if a == b else float(jaccard_distance(a, b))

    assert whole.jaccard.value == pytest.approx(AnnotationTask(task, distance).alpha())
    assert whole.jaccard.n == 6
    assert (whole.labels, whole.items, whole.people) == (("x", "y", "z"), 6, 2)


def test_a_judge_is_compared_with_the_labels_that_more_than_half_of_people_gave() -> None:
    (judge,) = question(SETS).judges
    assert (judge.judged, judge.labelled, judge.masi.n) == (5, 5, 5)
    rows = {row.label: row for row in judge.rows}
    assert rows["x"].judge.value == 0.4
    # Of “x” people are divided on the fifth item; of the others two have it, and the judge gives it to both.
    assert (rows["x"].people.n, rows["x"].people.value) == (4, 0.5)
    assert rows["x"].missed.value == 0
    assert (rows["z"].invented.value, rows["z"].invented.n) == (0.25, 4)


def test_a_question_without_answers_of_people_says_why_it_has_no_agreement() -> None:
    whole = question({"gpt": [{"x"}, {"y"}, set()]})
    assert whole.masi.undefined == "no item has two ratings"
    assert whole.judges[0].masi.undefined
    assert whole.judges[0].rows[0].corrected.undefined
    json.dumps(dump(whole), allow_nan=False)


def test_shares_of_labels_are_those_of_each_labels_own_report() -> None:
    rng = np.random.default_rng(3)
    truth = rng.random((300, 3)) < [0.5, 0.3, 0.1]
    said = truth ^ (rng.random((300, 3)) < 0.1)
    as_sets = [{label for label, has in zip("xyz", row, strict=True) if has} for row in truth]
    judged = [{label for label, has in zip("xyz", row, strict=True) if has} for row in said]
    whole = question({"ann": [*as_sets[:100], *[None] * 200], "gpt": [*judged]})
    own = shares_of(
        {
            "ann": [*("yes" if has else "no" for has in truth[:100, 0]), *[None] * 200],
            "gpt": ["yes" if has else "no" for has in said[:, 0]],
        }
    )
    (row,) = (row for row in own.judges[0].rows if row.label == "yes")
    assert whole.judges[0].rows[0].corrected == row.corrected
    assert whole.judges[0].rows[0].missed == row.missed
