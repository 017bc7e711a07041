"""A judge on another scale than people gets no verdict; one between people's numbers can be cut as theirs are."""

import numpy as np
import pytest

from perg.stats.base.result import dump
from perg.stats.files.ratings_files import FileRating, Label, Scale
from perg.stats.files.ratings_warnings import judges_on_another_scale
from perg.stats.report.validation import validation_report
from tests import rating_inputs


def of(people: list[Label], judge: list[Label], scale: Scale) -> dict[str, str]:
    ratings = [
        *(FileRating(f"q{i}", "ann", "human", label, None) for i, label in enumerate(people)),
        *(FileRating(f"q{i}", "gpt", "judge", label, None) for i, label in enumerate(judge)),
    ]
    return judges_on_another_scale(ratings, scale)


@pytest.mark.parametrize(
    ("people", "judge", "scale"),
    [
        ([1.0, 2.0, 3.0, 4.0, 5.0] * 6, [0.1, 0.4, 0.6, 0.8, 0.9] * 6, "ordinal"),
        ([0.0, 1.0] * 15, [1.0, 3.0, 5.0] * 10, "interval"),
        (["pass", "fail"] * 15, ["PASS", "FAIL"] * 15, "nominal"),
        (["true", "false"] * 15, ["1", "0"] * 15, "nominal"),
    ],
)
def test_ratings_beyond_peoples_are_on_another_scale(
    people: list[Label], judge: list[Label], scale: Scale
) -> None:
    assert "different scales" in of(people, judge, scale)["gpt"]


@pytest.mark.parametrize(
    ("people", "judge", "scale"),
    [
        ([0.0, 1.0] * 15, [0.05, 0.35, 0.65, 0.95, 0.5] * 6, "interval"),
        ([1.0, 2.0, 4.0, 5.0, 5.0] * 6, [3.0] * 30, "ordinal"),
        (["yes", "no"] * 15, ["yes"] * 30, "nominal"),
    ],
)
def test_ratings_within_peoples_are_not(people: list[Label], judge: list[Label], scale: Scale) -> None:
    assert of(people, judge, scale) == {}


def test_a_judge_on_another_scale_gets_no_verdict_and_the_reason() -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(1, 6, 40).astype(float)
    given = rating_inputs.given(
        {"ann": scores, "ben": scores}, {"gpt": scores}, incomparable={"gpt": "its ratings run from 0 to 1"}
    )
    judge = dump(rating_inputs.judge_of(validation_report(given, settings=rating_inputs.QUICK), "gpt"))
    assert (judge["verdict"], judge["no_verdict"]) == (None, "its ratings run from 0 to 1")
