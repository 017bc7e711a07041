"""The prompt that a judge starts with, and what is said of one's own."""

from perg.formats.rated_items import Block, Exhibit
from perg.rubrics.criterion import Criterion
from perg.rubrics.judge_prompts import PromptText, default_prompt, prompt_problems
from perg.rubrics.presets import HELPFULNESS, PREFERENCE

ONE = Exhibit((Block("text", "Why?", "Question"),), ((Block("text", "So."),),))
PAIR = Exhibit((), ((Block("text", "a"),), (Block("text", "b"),)), (Block("text", "right"),))
HELPFUL, BETTER = HELPFULNESS.criteria[:1], PREFERENCE.criteria


def test_the_first_prompt_lacks_nothing_that_the_items_have() -> None:
    for exhibits, criteria in (([ONE], HELPFUL), ([PAIR], BETTER)):
        assert prompt_problems(default_prompt(exhibits, criteria), exhibits, criteria) == []
    assert "Read both answers" in default_prompt([PAIR], BETTER, instructions=PREFERENCE.instructions).system


def test_a_part_counts_as_shown_by_whichever_of_its_names() -> None:
    prompt = PromptText("{{ rubric }}", "{question} {{response}} {form}")
    assert prompt_problems(prompt, [ONE], HELPFUL) == []
    assert prompt_problems(PromptText("", "{prompt} {output} {criteria}"), [ONE], HELPFUL) == []


def test_unknown_places_and_what_is_not_shown_are_named() -> None:
    problems = prompt_problems(PromptText("", "{rubrik} {Question}"), [ONE], HELPFUL)
    assert any("“{rubrik}” stands for nothing" in problem for problem in problems)
    assert any("does not show the output" in problem for problem in problems)
    assert any("does not show the criteria" in problem for problem in problems)
    assert len(problems) == 3


def test_what_only_some_items_have_is_said_with_their_number() -> None:
    problems = prompt_problems(PromptText("", "{output_a} {output_b} {criteria}"), [PAIR, ONE], BETTER)
    assert any("1 of 2 items looked at have nothing" in problem for problem in problems)


def test_json_in_a_prompt_is_no_unknown_place() -> None:
    prompt = PromptText("", '{context} {output} {criteria} Reply as {"score": 1, "why": {}}')
    assert prompt_problems(prompt, [ONE], HELPFUL) == []


def test_a_criterion_without_a_question_is_named() -> None:
    asked = (Criterion(key="rating", kind="binary"),)
    (problem,) = prompt_problems(default_prompt([ONE], asked), [ONE], asked)
    assert "“rating” has no question" in problem


def test_places_in_the_texts_of_items_are_text() -> None:
    hostile = Exhibit((), ((Block("text", "{criteria} {nope}"),),))
    assert prompt_problems(default_prompt([hostile], HELPFUL), [hostile], HELPFUL) == []
