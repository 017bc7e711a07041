"""Answers as files write them."""

import pytest

from perg.rubrics.answers import NoSuchAnswer, answer_of, option_keys
from perg.rubrics.criterion import Criterion, Option
from perg.rubrics.inference import inferred_criterion

BINARY = Criterion(key="q", kind="binary", cannot_tell=True)
PAIR = Criterion(key="q", kind="pairwise", both_bad=True)
FIVE = Criterion(
    key="q", kind="ordinal", options=tuple(Option(key=str(n), label=f"Level {n}") for n in range(1, 6))
)
TONES = Criterion(key="q", kind="nominal", options=tuple(Option(key=key) for key in ("Warm", "cold", "A_B")))
HARMS = Criterion(
    key="q", kind="multilabel", options=tuple(Option(key=key) for key in ("hate", "violence", "fraud"))
)
SCORE = Criterion(key="q", kind="numeric", lowest=0, highest=1)
HALVES = Criterion(key="q", kind="numeric", lowest=1, highest=5, step=0.5)


@pytest.mark.parametrize(
    ("criterion", "value", "answer"),
    [
        (BINARY, "Yes", 1),
        (BINARY, True, 1),
        (BINARY, 0.0, 0),
        (BINARY, " FAIL ", 0),
        (BINARY, "can't tell", 2),
        (PAIR, "model_a", 2),
        (PAIR, "A>B", 2),
        (PAIR, "B", 0),
        (PAIR, "tie", 1),
        (PAIR, "tie (bothbad)", 3),
        (FIVE, 4, 3),
        (FIVE, "4.0", 3),
        (FIVE, "level 4", 3),
        (TONES, "warm", 0),
        (TONES, "a b", 2),
        (HARMS, "hate|fraud", 0b101),
        (HARMS, ["violence"], 0b010),
        (HARMS, "hate; violence", 0b011),
        (HARMS, {"hate": True, "fraud": False}, 0b001),
        (HARMS, "none", 0),
        (HARMS, [], 0),
        (SCORE, "0.25", 0.25),
        (SCORE, 1, 1.0),
        (HALVES, 3.5, 3.5),
        (Criterion(key="q", kind="text"), "why not", "why not"),
    ],
)
def test_an_answer_is_read_in_the_forms_that_files_have(
    criterion: Criterion, value: object, answer: object
) -> None:
    assert answer_of(criterion, value) == answer


@pytest.mark.parametrize(
    ("criterion", "value", "message"),
    [
        (BINARY, "maybe", "one of no, yes, cannot_tell"),
        (FIVE, 6, "one of 1, 2, 3, 4, 5"),
        (FIVE, 3.5, "one of"),
        (TONES, "lukewarm", "one of"),
        (HARMS, "hate|spam", "one of hate"),
        (SCORE, 1.01, "at most 1"),
        (SCORE, "high", "a number"),
        (SCORE, float("nan"), "a number"),
        (HALVES, 3.25, "a multiple of 0.5"),
        (Criterion(key="q", kind="pairwise", ties=False), "tie", "one of second, first"),
    ],
)
def test_what_is_no_answer_says_what_would_be(criterion: Criterion, value: object, message: str) -> None:
    with pytest.raises(NoSuchAnswer, match=message):
        answer_of(criterion, value)


def test_missing_answers_say_nothing_of_the_kind() -> None:
    assert inferred_criterion("q", ["", None, "n/a"]).kind == "text"
    assert inferred_criterion("q", [1, "", 5]).kind == "ordinal"


def test_the_order_in_which_outputs_were_shown_is_undone() -> None:
    assert answer_of(PAIR, "A", swapped=True) == answer_of(PAIR, "B")
    assert answer_of(PAIR, "tie", swapped=True) == answer_of(PAIR, "tie")
    assert answer_of(BINARY, "yes", swapped=True) == 1


def test_codes_are_keys_again() -> None:
    assert option_keys(HARMS, 0b101) == ["hate", "fraud"]
    assert option_keys(FIVE, 3) == ["4"]


@pytest.mark.parametrize(
    ("answers", "pairs", "kind", "options"),
    [
        ([1, 2, 5, 4], False, "ordinal", ["1", "2", "3", "4", "5"]),
        ([0, 10, 3], False, "ordinal", [str(n) for n in range(11)]),
        ([2, 4], False, "ordinal", ["1", "2", "3", "4"]),
        ([0, 1, 1], False, "binary", []),
        (["yes", "No"], False, "binary", []),
        ([True, False], False, "binary", []),
        ([0.2, 0.95, 1], False, "numeric", []),
        ([1, 1.5, 5], False, "numeric", []),
        ([1, 250], False, "numeric", []),
        (["A", "B", "tie"], True, "pairwise", []),
        (["model_a", "model_b"], True, "pairwise", []),
        ([1, 2, 2], True, "pairwise", []),
        ([["hate"], []], False, "multilabel", ["hate"]),
        (["hate", "hate|fraud", "fraud"], False, "multilabel", ["fraud", "hate"]),
        (["warm", "cold", "warm", "cold"], False, "nominal", ["cold", "warm"]),
        (["a long reason", "another one", "a third, too"], False, "text", []),
        ([], False, "text", []),
    ],
)
def test_the_kind_is_inferred_from_the_answers(
    answers: list[object], pairs: bool, kind: str, options: list[str]
) -> None:
    criterion = inferred_criterion("q", answers, pairs=pairs)

    assert criterion.kind == kind
    assert [option.key for option in criterion.options] == options
    for answer in answers:
        answer_of(criterion, answer)
