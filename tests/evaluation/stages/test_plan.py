"""What an item needs next, for every method and setting, whatever its calls came back with."""

import json

import pytest

from evaluation.stages import plan
from evaluation.stages.plan import Answered, Ask, Failed, ItemFacts, Known, PlanConfig, RunOptions, Stage
from evaluation.stages.prompts import PromptText, prompt_files

PROMPTS = {name: PromptText.parse(text) for name, text in prompt_files().items()}
FACTS = ItemFacts("Which one?", ("one", "two", "three"), ("I like it short.",))
RIGHT = Known("The correct answer is B.")
NO_LETTER = Known("I cannot say.")


def _config(method: str = "direct", *, extractor: str | None = None) -> PlanConfig:
    return PlanConfig(plan.Method(method), PROMPTS, RunOptions(), "model", "aligner", extractor)


def _asked(step: plan.Step) -> list[Stage]:
    assert isinstance(step, Ask)
    return [call.stage for call in step.calls]


def _text(step: plan.Step, stage: Stage) -> str:
    assert isinstance(step, Ask)
    call = next(call for call in step.calls if call.stage == stage)
    return "\n".join(message.content for message in call.request.messages)


@pytest.mark.parametrize("method", ["direct", "cot", "icl"])
def test_both_responses_are_requested_at_once_and_only_one_gets_the_preference(
    method: plan.Method,
) -> None:
    step = plan.next_step(FACTS, {}, _config(method))
    assert _asked(step) == [Stage.BASELINE, Stage.PERSONALISED]
    assert "I like it short." not in _text(step, Stage.BASELINE)
    assert "I like it short." in _text(step, Stage.PERSONALISED)
    assert "A. one\nB. two\nC. three" in _text(step, Stage.BASELINE)


def test_only_what_is_missing_is_asked_for() -> None:
    assert _asked(plan.next_step(FACTS, {Stage.BASELINE: RIGHT}, _config())) == [Stage.PERSONALISED]


def test_an_answered_item_has_its_letters_and_the_rules_that_found_them() -> None:
    known = {Stage.BASELINE: RIGHT, Stage.PERSONALISED: Known("C")}
    step = plan.next_step(FACTS, known, _config())
    assert isinstance(step, Answered)
    assert (step.baseline.letter, step.personalised.letter) == ("B", "C")
    assert step.baseline.extraction == "rule"
    assert step.baseline.extraction_rule


def test_without_an_extractor_a_response_without_a_letter_is_a_delivery_failure() -> None:
    step = plan.next_step(FACTS, {Stage.BASELINE: RIGHT, Stage.PERSONALISED: NO_LETTER}, _config())
    assert isinstance(step, Answered)
    assert (step.personalised.letter, step.personalised.extraction) == ("", "none")


def test_an_extractor_is_asked_only_where_the_rules_abstain() -> None:
    known = {Stage.BASELINE: RIGHT, Stage.PERSONALISED: NO_LETTER}
    config = _config(extractor="extractor")
    step = plan.next_step(FACTS, known, config)
    assert _asked(step) == [Stage.EXTRACT_PERSONALISED]
    assert "I cannot say." in _text(step, Stage.EXTRACT_PERSONALISED)
    for reply, letter, how in (("(b)", "B", "extractor"), ("NONE", "", "none"), ("D", "", "none")):
        answered = plan.next_step(FACTS, known | {Stage.EXTRACT_PERSONALISED: Known(reply)}, config)
        assert isinstance(answered, Answered)
        assert (answered.personalised.letter, answered.personalised.extraction) == (letter, how)


def test_a_failed_extractor_leaves_a_delivery_failure_not_a_failed_item() -> None:
    known = {
        Stage.BASELINE: RIGHT,
        Stage.PERSONALISED: NO_LETTER,
        Stage.EXTRACT_PERSONALISED: Known("", "the call failed: timeout"),
    }
    step = plan.next_step(FACTS, known, _config(extractor="extractor"))
    assert isinstance(step, Answered)
    assert step.personalised.letter == ""


def test_self_critic_drafts_criticises_and_revises() -> None:
    config, known = _config("self_critic"), {Stage.BASELINE: RIGHT, Stage.PERSONALISED: Known("A, I think.")}
    step = plan.next_step(FACTS, known, config)
    assert _asked(step) == [Stage.CRITIQUE]
    assert "A, I think." in _text(step, Stage.CRITIQUE)
    known[Stage.CRITIQUE] = Known("Too long, and wrong.")
    step = plan.next_step(FACTS, known, config)
    assert "Too long, and wrong." in _text(step, Stage.REVISION)
    known[Stage.REVISION] = Known("Answer: C")
    step = plan.next_step(FACTS, known, config)
    assert isinstance(step, Answered)
    assert (step.personalised.source, step.personalised.letter) == (Stage.REVISION, "C")


def test_pref_aligner_edits_the_baseline_by_its_own_endpoint() -> None:
    config = _config("pref_aligner")
    assert _asked(plan.next_step(FACTS, {}, config)) == [Stage.BASELINE]
    step = plan.next_step(FACTS, {Stage.BASELINE: RIGHT}, config)
    assert isinstance(step, Ask)
    assert (step.calls[0].role, step.calls[0].request.model) == ("aligner", "aligner")
    assert RIGHT.text in _text(step, Stage.ALIGNER)
    reply = 'Sure:\n```json\n{"thoughts": "cut it", "response": "B.\nShort."}\n```'
    step = plan.next_step(FACTS, {Stage.BASELINE: RIGHT, Stage.ALIGNER: Known(reply)}, config)
    assert isinstance(step, Answered)
    assert (step.personalised.text, step.personalised.thoughts) == ("B.\nShort.", "cut it")
    assert not step.personalised.fell_back


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "B is fine",
        "{}",
        '{"response": ""}',
        '{"response": 3}',
        "[1]",
        '{"response"',
        pytest.param('{"response": ' + "[" * 100_000 + "}", id="nested too deeply"),
    ],
)
def test_an_unreadable_aligner_falls_back_to_the_baseline_and_says_so(reply: str) -> None:
    known = {Stage.BASELINE: RIGHT, Stage.ALIGNER: Known(reply)}
    step = plan.next_step(FACTS, known, _config("pref_aligner"))
    assert isinstance(step, Answered)
    assert step.personalised.fell_back
    assert (step.personalised.text, step.personalised.source) == (RIGHT.text, Stage.BASELINE)


def test_a_call_that_failed_or_was_refused_fails_the_item_with_the_reason() -> None:
    step = plan.next_step(FACTS, {Stage.BASELINE: Known("", "the model refused")}, _config())
    assert step == Failed("baseline: the model refused")


@pytest.mark.parametrize(
    ("position", "place"), [(None, 2), (1, 0), (5, 4), (99, 4)], ids=["middle", "first", "last", "beyond"]
)
def test_the_relevant_preference_stands_where_the_run_wants_it(position: int | None, place: int) -> None:
    told = plan.in_order("relevant", ("a", "b", "c", "d"), position)
    assert told.index("relevant") == place
    assert [each for each in told if each != "relevant"] == ["a", "b", "c", "d"]


def test_irrelevant_settings_tell_only_irrelevant_preferences() -> None:
    assert plan.in_order(None, ("a", "b"), None) == ("a", "b")


def test_hostile_text_is_never_expanded_as_a_place_in_a_prompt() -> None:
    hostile = ItemFacts("$options ${preferences} $", ("one", "two"), ("$question",))
    text = _text(plan.next_step(hostile, {}, _config()), Stage.PERSONALISED)
    assert "$options ${preferences} $" in text
    assert "- $question" in text


def test_the_same_baseline_is_asked_whatever_the_method_and_preferences() -> None:
    keys = set()
    for method in ("direct", "cot", "icl", "self_critic", "pref_aligner"):
        facts = ItemFacts(FACTS.question, FACTS.options, (method,))
        step = plan.next_step(facts, {}, _config(method))
        assert isinstance(step, Ask)
        keys.add(step.calls[0].request.key("endpoint"))
    assert len(keys) == 1


def test_options_outside_their_range_or_unknown_are_refused() -> None:
    for wrong in ({"temperature": 3}, {"max_tokens": 0}, {"irrelevant_count": 0}, {"speed": 1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            RunOptions.model_validate(wrong)


def test_every_prompt_file_parses_and_names_only_places_that_are_filled() -> None:
    known = {Stage.BASELINE: RIGHT, Stage.PERSONALISED: RIGHT, Stage.CRITIQUE: Known("c")}
    for method in ("direct", "cot", "icl", "self_critic", "pref_aligner"):
        for count in range(len(known) + 1):
            plan.next_step(FACTS, dict(list(known.items())[:count]), _config(method, extractor="e"))
    assert json.dumps(sorted(PROMPTS))
