"""Imports warn of possible mistakes, but not of a rater's habits."""

import numpy as np
import pytest

from perg.stats.files.joined_files import NamedRatings, joined_files
from perg.stats.files.ratings_files import Kind, Scale
from perg.stats.files.ratings_parsing import format_of, parse_ratings
from perg.stats.files.ratings_warnings import rating_warnings


def read(name: str, text: str, kind: Kind, scale: Scale) -> NamedRatings:
    ratings = parse_ratings(text, file_format=format_of(name, text), scale=scale, kind=kind)
    return NamedRatings(name, ratings)


def wide(**raters: list[object]) -> str:
    rows = zip(*raters.values(), strict=True)
    lines = [",".join(["item", *raters])]
    return "\n".join(lines + [f"q{i}," + ",".join(map(str, row)) for i, row in enumerate(rows)])


def warnings(people: str, judge: str = "", scale: Scale = "ordinal") -> tuple[str, ...]:
    files = [read("people.csv", people, "human", scale)]
    files += [read("judge.csv", judge, "judge", scale)] if judge else []
    return rating_warnings(joined_files(files).files, scale, is_stated=False)


def drawn(seed: int, values: list[float], n: int = 80) -> list[object]:
    return [f"{value:g}" for value in np.random.default_rng(seed).choice(values, n)]


ONE_TO_FIVE = [1.0, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("judge", "extent"),
    [
        ([0, 0.25, 0.5, 0.75, 1], "run from 0 to 1"),
        ([0, 1, 2, 3, 4], "run from 0 to 4"),
        (list(range(1, 11)), "run from 1 to 10"),
        (list(range(0, 101, 5)), "run from 0 to 100"),
        ([-2, -1, 0, 1, 2], "run from -2 to 2"),
        ([2, 3], "run from 2 to 3"),
        ([1.2, 1.8, 2.4, 3.1, 3.7, 4.4], "run from 1.2 to 4.4"),
        ([6.0], "are all 6"),
    ],
)
@pytest.mark.parametrize("scale", ["ordinal", "interval"])
def test_a_judge_on_another_scale_than_people_is_reported_with_both_ranges(
    judge: list[float], extent: str, scale: Scale
) -> None:
    people = wide(ann=drawn(1, ONE_TO_FIVE), bob=drawn(2, ONE_TO_FIVE))
    (warning,) = warnings(people, wide(gpt=drawn(3, judge)), scale)
    assert f"The ratings of gpt {extent}, those of people run from 1 to 5" in warning


@pytest.mark.parametrize("judge", [ONE_TO_FIVE, [5.0], [1.0, 5]])
def test_a_judge_on_the_scale_of_people_is_not_reported(judge: list[float]) -> None:
    people = wide(ann=drawn(1, ONE_TO_FIVE), bob=drawn(2, ONE_TO_FIVE))
    assert warnings(people, wide(gpt=drawn(3, judge))) == ()


def test_scores_in_hundredths_that_nobody_else_gave_are_no_other_scale() -> None:
    fine = [float(value) for value in range(101)]
    people = wide(ann=drawn(1, fine), bob=drawn(2, fine))
    assert warnings(people, wide(gpt=drawn(3, fine)), "interval") == ()


def test_a_person_on_another_scale_than_the_others_is_reported() -> None:
    people = wide(ann=drawn(1, ONE_TO_FIVE), bob=drawn(2, ONE_TO_FIVE), cid=drawn(3, [20, 40, 60, 80, 100]))
    assert [text for text in warnings(people) if text.startswith("The ratings of cid run from 20 to 100")]


@pytest.mark.parametrize("judge", [["pass", "fail"], ["Yes", "No"], ["true", "false"], ["1", "0"]])
def test_labels_of_people_and_judge_that_do_not_overlap_are_reported(judge: list[str]) -> None:
    people = wide(ann=["yes", "no"] * 20, bob=["yes", "no"] * 20)
    told = warnings(people, wide(gpt=judge * 20), "nominal")  # type: ignore[arg-type]
    first, second = judge
    assert any(f"“{first}” and “{second}”" in text and "“yes” and “no”" in text for text in told)


def test_labels_and_names_that_look_alike_are_reported() -> None:
    people = wide(Anna=["yes", "Yes", "no"], anna=["yes", "yes", "no"])
    assert warnings(people, "", "nominal") == (
        "“Anna” and “anna” are treated as 2 raters.",
        "“Yes” and “yes” are treated as 2 labels. They differ only by case, white space or look-alike characters.",
    )


def test_what_was_read_in_another_way_than_it_is_written_is_told_by_file() -> None:
    text = "item;ann;bob;cid\nq1;4,5;NaN;\nq2;-;3;\nq2;-;3;\n"
    assert warnings(text, "", "interval") == (
        "people.csv: 2 cells with “-” were read as missing.",
        "people.csv: 1 cell with “NaN” was read as missing.",
        "people.csv: 1 cell with a decimal comma was read as numbers.",
        "people.csv: 3 duplicate ratings with the same value were ignored.",
        "people.csv: cid has no ratings.",
    )


def test_columns_that_are_not_raters_are_reported() -> None:
    assert warnings(",item,id,ann\n0,q1,x,1\n1,q2,y,2\n") == (
        "people.csv: A column without a name was ignored.",
        "people.csv: The column “id” was ignored.",
    )


def test_a_column_of_comments_is_reported_and_not_compared() -> None:
    people = wide(ann=["yes", "no"] * 15, bob=["yes", "no"] * 15, comment=[f"remark {i}" for i in range(30)])
    (warning,) = warnings(people, "", "nominal")
    assert (
        warning
        == "The 30 ratings of comment have 30 different values. This may be a column of comments or ids."
    )


def test_a_long_label_is_shown_by_its_beginning() -> None:
    people = wide(ann=["x" * 300] * 6, bob=["y"] * 6)
    assert all(len(text) < 250 for text in warnings(people, "", "nominal"))
    assert len(warnings(people, "", "nominal")) == 2


def test_items_that_people_and_judges_name_differently_are_reported() -> None:
    told = warnings("item,ann\n7,1\n8,2\n9,3\n", "item,gpt\n007,1\n008,2\n009,3\n")
    assert told == (
        "“7” and “007” are treated as 2 items. There are 3 such groups.",
        "Of 3 items that people rated and 3 that judges rated, 0 are the same. Check that both use the same item ids.",
    )


def test_the_advice_on_different_scales_names_the_scale_that_was_chosen() -> None:
    people, judge = wide(ann=[1, 2, 3, 4, 5] * 4), wide(gpt=[0.1, 0.4, 0.5, 0.9] * 5)
    (warning,) = warnings(people, judge, "interval")
    assert warning.endswith(
        "compared unchanged: if all are on one interval scale, state its range in the categories; if not, convert "
        "them first."
    )


def test_a_stated_scale_is_not_asked_for_again() -> None:
    files = [
        read("people.csv", wide(ann=drawn(1, ONE_TO_FIVE)), "human", "ordinal"),
        read("judge.csv", wide(gpt=drawn(2, [0, 1])), "judge", "ordinal"),
    ]
    assert rating_warnings(files, "ordinal", is_stated=True) == ()


def test_files_that_contradict_each_other_are_reported_with_both_names() -> None:
    files = [
        read("a.csv", "item,ann\nq1,1\nq2,2\n", "human", "ordinal"),
        read("b.csv", "item,ann\nq1,1.0\nq2,3\n", "human", "ordinal"),
        read("c.csv", "item,ann\nq3,1\nq4,1\n", "judge", "ordinal"),
    ]
    joined = joined_files(files)
    assert joined.problems == (
        "b.csv: line 3: ann on q2: 3 here and 2 in a.csv",
        "c.csv: ann is a judge here and a person in a.csv",
    )
    assert [len(file.ratings.ratings) for file in joined.files] == [2, 0, 0]


def test_a_file_that_contradicts_another_throughout_is_reported_once() -> None:
    files = [
        read("a.csv", wide(ann=[1] * 9), "human", "ordinal"),
        read("b.csv", wide(ann=[2] * 9), "human", "ordinal"),
    ]
    (problem,) = joined_files(files).problems
    assert problem.startswith("b.csv: 9 times the same problem. The first: line 2: ann on ")
    assert problem.count(": 2 here and 1 in a.csv") == 3


def test_a_dash_beside_a_plus_is_asked_about() -> None:
    files = [read("a.csv", "item,ann\nq1,+\nq2,-\n", "human", "nominal")]
    (problem,) = joined_files(files).problems
    assert "there are “+” and “-”" in problem
