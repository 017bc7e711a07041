"""A scale and its failures are stated, and what is stated fits."""

import pytest

from perg.stats.files.ratings_files import Label, Scale
from perg.stats.files.stated_failures import FailuresError, NotStated, StatedFailures, stated_failures
from perg.stats.files.stated_scale import ScaleError, entries_of, stated_categories


@pytest.mark.parametrize(
    ("text", "categories"),
    [
        ("1,2,3,4,5", (1, 2, 3, 4, 5)),
        ("1..5", (1, 2, 3, 4, 5)),
        ("0..1..0.25", (0, 0.25, 0.5, 0.75, 1)),
        ("0..0.3..0.1", (0, 0.1, 0.2, 0.3)),
        ("10, 1, 3", (1, 3, 10)),
        ("-1..1", (-1, 0, 1)),
    ],
)
def test_a_scale_of_numbers_is_a_list_or_a_range(text: str, categories: tuple[float, ...]) -> None:
    assert stated_categories(entries_of(text), "ordinal") == categories


def test_a_scale_of_names_has_them_in_one_form_and_in_their_order() -> None:
    assert stated_categories(entries_of('"Yes, but", no , 1.0, NA'), "nominal") == (
        "Yes, but",
        "no",
        "1",
        "NA",
    )


@pytest.mark.parametrize(
    ("text", "scale", "message"),
    [
        ("1", "ordinal", "two categories or more"),
        ("1,1.0", "nominal", "“1” twice"),
        ("1,2,1.0", "ordinal", "“1” twice"),
        ("low,high", "ordinal", "“low” is neither"),
        ("1..", "ordinal", "is neither"),
        ("5..1", "ordinal", "equal steps"),
        ("0..1..0.3", "ordinal", "equal steps"),
        ("0..1..0", "ordinal", "equal steps"),
        ("0..1e9", "ordinal", "at most 1001"),
        ("1..2..3..4", "ordinal", "is neither"),
        ("１..5", "ordinal", "is neither"),
    ],
)
def test_what_is_no_scale_is_refused(text: str, scale: Scale, message: str) -> None:
    with pytest.raises(ScaleError, match=message):
        stated_categories(entries_of(text), scale)


@pytest.mark.parametrize(
    ("categories", "scale"),
    [(("followed", "not followed"), "nominal"), ((0.0, 1.0), "ordinal"), ((0.0, 1.0), "interval")],
)
def test_which_of_two_is_the_failure_is_asked_for(categories: tuple[Label, ...], scale: Scale) -> None:
    with pytest.raises(NotStated, match="Which of the two is a failure"):
        stated_failures(categories, scale)
    assert stated_failures(categories, scale, is_cut=False) == StatedFailures()


@pytest.mark.parametrize(
    ("scale", "categories", "failures", "expected"),
    [
        ("nominal", ("a", "b", "c"), ["c", " a "], StatedFailures(labels=("a", "c"))),
        ("nominal", ("1", "2"), ["2.0"], StatedFailures(labels=("2",))),
        ("ordinal", (0.0, 1.0), ["0"], StatedFailures(threshold=1)),
        ("ordinal", (1.0, 3.0, 10.0), ["3", "1.0"], StatedFailures(threshold=10)),
    ],
)
def test_failures_are_labels_or_the_lowest_numbers(
    scale: Scale, categories: tuple[Label, ...], failures: list[str], expected: StatedFailures
) -> None:
    assert stated_failures(categories, scale, failures=failures) == expected


def test_only_a_scale_of_exactly_one_to_five_has_a_threshold_of_its_own() -> None:
    assert stated_failures((1.0, 2.0, 3.0, 4.0, 5.0), "ordinal").threshold == 3
    assert stated_failures((1.0, 2.0, 3.0, 4.0), "ordinal").threshold is None
    assert stated_failures((2.0, 3.0, 4.0, 5.0), "ordinal").threshold is None
    assert stated_failures((1.0, 2.0, 3.0, 4.0, 5.0), "interval").threshold is None


@pytest.mark.parametrize(
    ("scale", "options", "message"),
    [
        (
            "nominal",
            {"failures": ["Followed"]},
            "No rating is “Followed”. The ratings are “followed”, “not followed”",
        ),
        ("nominal", {"failures": ["followed", "not followed"]}, "Not all ratings"),
        ("nominal", {"threshold": 1.0}, "cannot be cut"),
        ("nominal", {"failures": ["followed"], "is_cut": False}, "or neither"),
        ("ordinal", {"failures": ["5"]}, "the failures are the lowest"),
        ("ordinal", {"failures": ["low"]}, "No rating is “low”"),
        ("ordinal", {"failures": ["1"], "threshold": 2.0}, "or neither"),
        ("ordinal", {"threshold": 1.0}, "lies above 1"),
        ("ordinal", {"threshold": 5.5}, "at most at 5"),
    ],
)
def test_failures_that_separate_nothing_are_refused(
    scale: Scale, options: dict[str, object], message: str
) -> None:
    names: tuple[Label, ...] = ("followed", "not followed")
    categories = names if scale == "nominal" else (1.0, 3.0, 5.0)
    with pytest.raises(FailuresError, match=message):
        stated_failures(categories, scale, **options)  # type: ignore[arg-type]
