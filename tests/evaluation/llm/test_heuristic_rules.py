"""The heuristic judge: each rule prefers what follows over what does not, names itself, and abstains where it must."""

import pytest

from evaluation.llm.heuristic import HeuristicProvider, rate
from evaluation.llm.replies import CallFailure
from evaluation.llm.requests import ChatRequest, Message

BASELINE = (
    "The correct option is B. Metals conduct heat well, so the spoon takes up warmth from your hand quickly, "
    "while wood conducts it badly and therefore seems warmer although both are at the same temperature."
)


@pytest.mark.parametrize(
    ("preference", "rule", "following", "ignoring"),
    [
        ("I prefer concise answers.", "brevity", "B: metal conducts heat.", BASELINE + " " + BASELINE),
        (
            "I prefer responses that include a summary of key points before providing the answer.",
            "summary first",
            "In short: metal takes heat away. " + BASELINE,
            BASELINE,
        ),
        (
            "I prefer explanations that emphasize cause-and-effect relationships.",
            "cause and effect",
            "Because metal conducts, heat leaves the hand; as a result it cools, which means it feels cold, so B.",
            "It is B. Metal conducts well.",
        ),
        (
            "Break it into numbered steps.",
            "step by step",
            "1. Touch.\n2. Heat flows.\n3. Cold.\n4. B.",
            BASELINE,
        ),
        (
            "I prefer practical examples to illustrate concepts.",
            "examples",
            "For example, a door handle feels cold. Imagine a railing in winter: for instance, it stings. B.",
            "It is B.",
        ),
        (
            "I like analogies.",
            "metaphor or picture",
            "Think of a sponge: it is like a sponge, as if it drank. B",
            "B.",
        ),
        (
            "I prefer historical context.",
            "context",
            "Historically, in 1822, Fourier gave the origin of this. B.",
            "B.",
        ),
        (
            "I prefer various perspectives.",
            "perspectives",
            "On the one hand A. However, some argue B. Others C.",
            "B.",
        ),
        (
            "I'd rather have no technical jargon.",
            "plain words",
            "Metal takes the heat from your hand. That is why it feels cold. So it is B.",
            "Notwithstanding thermodynamic considerations, conductivity differentials necessitate instantaneous "
            "redistribution of vibrational excitation throughout crystalline microstructures, consequently B.",
        ),
        ("Keep the tone sober, please.", "sober tone", "It is B.", "Great! Wow! Let's go! It is B!"),
        (
            "End with a question that tests me.",
            "question at the end",
            "It is B. Why does wood differ?",
            "It is B.",
        ),
    ],
)
def test_rule_speaks_and_tells_following_from_ignoring(
    preference: str, rule: str, following: str, ignoring: str
) -> None:
    high, said = rate(preference, BASELINE, following)
    low, _ = rate(preference, BASELINE, ignoring)
    assert said.startswith(f"Rule “{rule}”")
    assert high is not None
    assert low is not None
    assert high >= 4
    assert low <= 2


def test_what_is_to_be_left_out_turns_a_rule_round() -> None:
    preference = "Please avoid background information."
    with_context, said = rate(
        preference, "B.", "Historically, in 1822, Fourier gave the origin of this context. B."
    )
    without, _ = rate(preference, "B.", "B.")
    assert "turned round" in said
    assert with_context is not None
    assert without is not None
    assert with_context < without


def test_no_rule_no_score() -> None:
    assert rate("I enjoy xylophones.", BASELINE, "B.") == (None, "No rule speaks for this preference.")


def test_an_empty_response_follows_nothing() -> None:
    assert rate("I prefer concise answers.", BASELINE, "  ")[0] == 1


def test_a_request_that_is_not_for_a_judge_fails_the_call() -> None:
    outcomes = HeuristicProvider().complete_batch([ChatRequest("m", (Message("user", "hello"),))])
    assert outcomes == [outcome for outcome in outcomes if isinstance(outcome, CallFailure)]
    assert len(outcomes) == 1
