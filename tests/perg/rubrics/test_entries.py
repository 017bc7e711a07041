"""What people enter for criteria: the answers that are stored, the problems, and pairs in the other order."""

import pytest

from perg.rubrics.criterion import Criterion
from perg.rubrics.entries import (
    EntriesRefused,
    answers_in_words,
    checked_entries,
    in_other_order,
    is_asked,
    other_order,
    problem_of_draft,
)
from perg.rubrics.stored_values import stored_values


def _criterion(**fields: object) -> Criterion:
    return Criterion.model_validate({"key": "k", "kind": "binary"} | fields)


LABELS = {"kind": "multilabel", "options": [{"key": "a"}, {"key": "b", "label": "Bee"}]}


@pytest.mark.parametrize(
    ("criterion", "entry", "answer"),
    [
        (_criterion(), "yes", "yes"),
        (_criterion(kind="numeric"), "3.50", 3.5),
        (_criterion(kind="numeric"), 4.0, 4),
        (_criterion(kind="numeric"), 2.0**60, 2.0**60),
        (_criterion(kind="numeric", step=0.1), 0.3, 0.3),
        (_criterion(kind="numeric", lowest=1, step=2), 7, 7),
        (_criterion(kind="text"), " as it is ", " as it is "),
        (_criterion(**LABELS), [], []),
        (_criterion(**LABELS), ["b", "a", "b"], ["a", "b"]),
    ],
)
def test_an_answer_has_one_form(criterion: Criterion, entry: object, answer: object) -> None:
    assert checked_entries([criterion], {"k": entry}) == {"k": answer}


@pytest.mark.parametrize(
    ("criterion", "entry", "problem"),
    [
        (_criterion(), None, "Answer this."),
        (_criterion(), " ", "Answer this."),
        (_criterion(), "cannot_tell", "The answer is one of: no, yes."),
        (_criterion(), "Yes", "one of"),
        (_criterion(kind="pairwise", ties=False), "tie", "second, first"),
        (_criterion(kind="numeric"), float("nan"), "a number"),
        (_criterion(kind="numeric"), "1_0", "a number"),
        (_criterion(kind="numeric"), "१", "a number"),
        (_criterion(kind="numeric", lowest=1, step=2), 8, "multiple of 2"),
        (_criterion(kind="text"), "\ud800", "plain text"),
        (_criterion(**LABELS), ["c"], "any of: a, b"),
        (_criterion(**LABELS), "a", "any of: a, b"),
    ],
)
def test_what_is_no_answer_is_refused_with_the_reason(
    criterion: Criterion, entry: object, problem: str
) -> None:
    with pytest.raises(EntriesRefused) as refusal:
        checked_entries([criterion], {"k": entry})
    assert problem in refusal.value.problems["k"]


def test_a_chain_of_conditions_is_followed() -> None:
    first = _criterion(key="first")
    second = _criterion(key="second", only_if={"criterion": "first", "answers": ["no"]})
    third = _criterion(key="third", **LABELS, only_if={"criterion": "second", "answers": ["yes"]})
    fourth = _criterion(key="fourth", only_if={"criterion": "third", "answers": ["b"]})
    chain = [first, second, third, fourth]
    assert checked_entries(chain, {"first": "yes"}) == {"first": "yes"}
    whole = {"first": "no", "second": "yes", "third": ["a", "b"], "fourth": "no"}
    assert checked_entries(chain, whole) == whole
    assert not is_asked(fourth, {"third": ["a"]})
    with pytest.raises(EntriesRefused) as refusal:
        checked_entries(chain, {"first": "yes", "fourth": "no"})
    assert list(refusal.value.problems) == ["fourth"]


def test_the_other_order_twice_is_the_first() -> None:
    pair = _criterion(key="better", kind="pairwise")
    name = _criterion(key="place", kind="nominal", options=[{"key": "first"}, {"key": "last"}])
    entries = {"better": "first", "place": "first", "odd": ["second"]}
    swapped = other_order([pair, name], entries)
    assert swapped == {"better": "second", "place": "first", "odd": ["second"]}
    assert other_order([pair, name], swapped) == entries
    asked = _criterion(only_if={"criterion": "better", "answers": ["first", "tie"]})
    condition = in_other_order([pair, asked])[1].only_if
    assert condition is not None
    assert condition.answers == ("second", "tie")


@pytest.mark.parametrize(
    ("criterion", "answer", "values"),
    [
        (_criterion(kind="text"), "words", []),
        (_criterion(**LABELS), ["b"], ["no", "yes"]),
        (_criterion(kind="numeric"), 0.30000000000000004, ["0.3"]),
        (_criterion(kind="ordinal", options=[{"key": "low"}, {"key": "high"}]), "high", ["2"]),
        (_criterion(kind="ordinal", options=[{"key": "0"}, {"key": "0.5"}]), "0.5", ["0.5"]),
        (_criterion(kind="ordinal", options=[{"key": "5"}, {"key": "1"}]), "1", ["2"]),
        (_criterion(kind="pairwise"), "tie", ["tie"]),
    ],
)
def test_the_values_of_an_answer_are_those_of_an_import(
    criterion: Criterion, answer: str | float | list[str], values: list[str]
) -> None:
    assert stored_values(criterion, answer) == values


def test_answers_are_said_in_words_also_of_what_is_asked_no_more() -> None:
    labels = _criterion(key="errors", question="Which?", **LABELS)
    assert answers_in_words([labels], {"errors": ["b"], "gone": 3.5}) == [("Which?", "Bee"), ("gone", "3.5")]
    assert answers_in_words([labels], {"errors": []}) == [("Which?", "none")]


def test_a_draft_may_be_anything_that_can_be_stored() -> None:
    assert problem_of_draft({"k": "3,", "other": None, "labels": []}) == ""
    assert problem_of_draft({"k": True}) != ""
    assert problem_of_draft({"x" * 10_001: 1}) != ""
