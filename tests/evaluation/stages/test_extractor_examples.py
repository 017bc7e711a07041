"""Recorded extractions as training examples: which count, which are left out, and how they are split."""

import pytest

from evaluation.stages import plan
from evaluation.stages.extractor_examples import (
    RecordedExtraction,
    examples_from,
    question_key,
    recorded_letter,
    split_by_question,
)
from evaluation.stages.plan import ItemFacts, Known, Method, PlanConfig, RunOptions, Stage
from evaluation.stages.prompts import PromptText, prompt_files

OPTIONS = ("one", "two", "three")


def extraction(question: str, response: str = "It is B.", letter: str = "B") -> RecordedExtraction:
    return RecordedExtraction(question, OPTIONS, response, letter)


@pytest.mark.parametrize(
    ("answer", "recorded", "letter"),
    [
        ("B", "B", "B"),
        ("B", "two", "B"),  # as the import has read it
        ("", "b", "B"),
        ("", "(C)", "C"),
        ("", "-1", ""),
        ("", " -1.0 ", ""),
        ("", "X", ""),
        ("", "D", ""),  # the fourth of three options
        ("", "None", ""),
        ("", "N/A", ""),
        ("", "", None),
        ("", "   ", None),
        ("", "the second, or perhaps the third", None),
        ("", "-10", None),
    ],
)
def test_what_is_on_record_is_a_letter_or_no_option_or_nothing_usable(
    answer: str, recorded: str, letter: str | None
) -> None:
    assert recorded_letter(answer, recorded, len(OPTIONS)) == letter


def test_a_response_counts_once_and_not_at_all_where_its_letters_contradict_each_other() -> None:
    examples = examples_from(
        [
            extraction("Q2"),
            extraction("Q1"),
            extraction("Q1"),
            extraction("Q1"),
            extraction("Q3", letter="A"),
            extraction("Q3", letter=""),
            extraction("Q3", response="Another.", letter=""),
        ]
    )
    assert examples.extractions == (
        extraction("Q1"),
        extraction("Q2"),
        extraction("Q3", response="Another.", letter=""),
    )
    assert examples.left_out == {
        "the same response to the same question, again": 2,
        "the same response with different letters on record": 2,
    }


def test_no_question_is_in_both_parts_however_it_is_spelled() -> None:
    spellings = ("What  is it, {n}?", "what is it, {n}?", "What is it,\n{n}?", "What is it, {n}\uff1f")
    extractions = [
        extraction(spelling.format(n=n), response=f"{place}")
        for n in range(20)
        for place, spelling in enumerate(spellings)
    ]
    split = split_by_question(extractions, share=0.25, seed=3)
    held_out = {question_key(each.question) for each in split.held_out}
    assert len(held_out) == 5
    assert held_out.isdisjoint(question_key(each.question) for each in split.training)
    assert len(split.training) + len(split.held_out) == len(extractions) == 80
    assert len(split.held_out) == 20


def test_the_split_follows_from_the_seed_and_not_from_the_order() -> None:
    extractions = [extraction(f"Q{n}") for n in range(40)]
    split = split_by_question(extractions, share=0.1, seed=0)
    assert set(split_by_question(extractions[::-1], share=0.1, seed=0).held_out) == set(split.held_out)
    assert set(split_by_question(extractions, share=0.1, seed=1).held_out) != set(split.held_out)


def test_a_question_held_out_stays_so_when_runs_are_added() -> None:
    few = split_by_question([extraction(f"Q{n}") for n in range(40)], share=0.2, seed=0)
    more = split_by_question([extraction(f"Q{n}") for n in range(44)], share=0.2, seed=0)
    assert len(set(few.held_out) & set(more.held_out)) >= 7


@pytest.mark.parametrize(
    ("number", "share", "held_out"), [(2, 0.01, 1), (2, 0.99, 1), (10, 0.25, 2), (3, 0.5, 2)]
)
def test_each_part_has_at_least_one_question(number: int, share: float, held_out: int) -> None:
    split = split_by_question([extraction(f"Q{n}") for n in range(number)], share=share, seed=0)
    assert (len(split.training), len(split.held_out)) == (number - held_out, held_out)


def test_what_cannot_be_split_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two"):
        split_by_question([extraction("Q"), extraction("q ")], share=0.1, seed=0)
    for share in (0.0, 1.0, -0.1, float("nan")):
        with pytest.raises(ValueError, match="between 0 and 1"):
            split_by_question([extraction("Q1"), extraction("Q2")], share=share, seed=0)


def test_an_example_is_what_the_extraction_stage_asks() -> None:
    prompts = {name: PromptText.parse(text) for name, text in prompt_files().items() if name != "propose"}
    config = PlanConfig(
        method=Method.DIRECT,
        prompts=prompts,
        options=RunOptions(temperature=0.7, max_tokens=500),
        model="model",
        aligner_model="aligner",
        extractor_model="base",
    )
    unclear = "I cannot say. It costs $5, or ${response}."
    step = plan.next_step(
        ItemFacts("Which?", OPTIONS, ("I like it short.",)),
        {Stage.BASELINE: Known("The answer is B."), Stage.PERSONALISED: Known(unclear)},
        config,
    )
    assert isinstance(step, plan.Ask)
    (call,) = step.calls
    example = RecordedExtraction("Which?", OPTIONS, unclear, "")
    assert call.request == example.request(prompts["extractor"], "base")
    assert example.answer == "NONE"
    assert "NONE" in prompts["extractor"].system
    for letter in ("", "A", "C"):
        reply = RecordedExtraction("Which?", OPTIONS, unclear, letter).answer
        assert plan.read_letter(reply, len(OPTIONS)) == letter
