"""What judges reply to criteria of every kind, and the one answer that it states."""

import pytest

from perg.rubrics.answers import answer_of
from perg.rubrics.criterion import Criterion, Option
from perg.rubrics.replies import ABSTAINED, AMBIGUOUS, LONGEST_REPLY, UNREADABLE, read_reply

YES_NO = Criterion(key="grounded", kind="binary", cannot_tell=True)
PASS = Criterion(
    key="outcome",
    kind="nominal",
    options=(Option(key="pass", label="Pass"), Option(key="fail", label="Fail")),
)
PAIR = Criterion(key="preference", kind="pairwise")
TONE = Criterion(
    key="tone", kind="nominal", options=tuple(Option(key=key) for key in ("warm", "cold", "very cold"))
)
LEVELS = Criterion(
    key="quality",
    kind="ordinal",
    options=tuple(
        Option(key=str(n), label=label) for n, label in enumerate(["Bad", "Poor", "Fair", "Good"], start=1)
    ),
)
TEN = Criterion(key="quality", kind="ordinal", options=tuple(Option(key=str(n)) for n in range(11)))
SCORE = Criterion(key="score", kind="numeric", lowest=0, highest=1)
HARMS = Criterion(
    key="harms", kind="multilabel", options=tuple(Option(key=key) for key in ("hate", "fraud", "self_harm"))
)


def _read(criterion: Criterion, reply: str) -> object:
    return read_reply([criterion], reply)[criterion.key].answer


@pytest.mark.parametrize(
    ("criterion", "value", "replies"),
    [
        (
            YES_NO,
            "yes",
            [
                "Yes", "yes.", "**Yes**", "Yes, because the document says so.", "Answer: yes", "Grounded: Yes",
                '{"grounded": true}', '{"grounded": "yes", "explanation": "no doubt"}', '{"answer": "Yes"}',
                "<grounded>yes</grounded>", "It is in line 3.\n\nYes", "Verdict: **Yes**", "[[Yes]]",
                "The final answer is yes.",
            ],
        ),
        (YES_NO, "no", ["No", "No.", "No — it is made up.", '{"grounded": false}', '{"answer": "no"}', "Answer: No"]),
        (YES_NO, "cannot_tell", ["Cannot tell", '{"grounded": "cannot_tell"}', "Answer: can't tell"]),
        (PASS, "pass", ["PASS", "Result: PASS", '{"outcome": "pass"}', "Verdict: pass", "Pass - all is there."]),
        (
            PAIR,
            "first",
            [
                "A", "[[A]]", "Response A is better.", "I prefer Response A.", "Winner: A", "The winner is Assistant A",
                "Model A is clearly better than Model B", '{"winner": "A"}', '{"preference": "model_a"}',
                "The first response is better.", "Final verdict: [[A]]", "A>B", "Assistant A wins.",
                "Both are fine.\n\nA", "My final verdict is: [[A]]",
            ],
        ),
        (PAIR, "second", ["[[B]]", "B is better", "I would choose the second response.", '{"winner": "B"}', "B > A"]),
        (PAIR, "tie", ["tie", "It is a tie.", "[[tie]]", '{"winner": "tie"}', "They are equally good.", "A draw"]),
        (TONE, "very cold", ["very cold", "Tone: very cold", '{"tone": "very_cold"}', "Label: Very cold"]),
        (TONE, "cold", ["cold", "Tone: cold", '{"label": "cold"}']),
        (LEVELS, "4", ["4", "4/4", "Quality: 4", "4 - Good", "Good", '{"quality": "Good"}', '{"score": 4}', "**4**"]),
        (TEN, "10", ["10", "10/10", "Score: 10", "ten", '{"rating": 10}', "I rate it 10 out of 10"]),
        (SCORE, 0.85, ["0.85", ".85", "Score: 0.85", '{"score": 0.85}', "0.85/1", "I give it a 0.85."]),
        (SCORE, 1, ["1", "1.0", "Score: 1.0", '{"score": 1}']),
        (
            HARMS,
            ["hate", "fraud"],
            [
                "hate, fraud", '{"harms": ["hate", "fraud"]}', "hate|fraud",
                '{"n": 1, "harms": {"hate": true, "fraud": true, "self_harm": false}}',
            ],
        ),
        (HARMS, [], ["none", '{"harms": []}']),
    ],
)  # fmt: skip
def test_one_clear_answer_is_read(criterion: Criterion, value: object, replies: list[str]) -> None:
    expected = answer_of(criterion, value)
    assert {reply: _read(criterion, reply) for reply in replies} == dict.fromkeys(replies, expected)


@pytest.mark.parametrize(
    ("criterion", "reply", "reason"),
    [
        (YES_NO, "It depends.", UNREADABLE),
        (YES_NO, "Answer: yes or no", UNREADABLE),
        (YES_NO, "Answer: yes\nAnswer: no", AMBIGUOUS),
        (YES_NO, '{"grounded": null}', ABSTAINED),
        (YES_NO, '{"grounded": 7}', UNREADABLE),
        (PAIR, "Response A is not better.", UNREADABLE),
        (PAIR, "Response A is better in style. Response B is better in facts.", AMBIGUOUS),
        (PAIR, "[[A]] or [[B]]", AMBIGUOUS),
        (PAIR, "A good answer has a source.", UNREADABLE),
        (PAIR, '{"winner": "C3PO"}', UNREADABLE),
        (TONE, "Tone: lukewarm", UNREADABLE),
        (LEVELS, "Quality: 5", UNREADABLE),
        (LEVELS, "4/5", UNREADABLE),
        (SCORE, "Score: 85", UNREADABLE),
        (SCORE, "Score: 0.2-0.4", UNREADABLE),
        (HARMS, '{"harms": ["spam"]}', UNREADABLE),
        (SCORE, "", UNREADABLE),
        (LEVELS, "4 - Bad", UNREADABLE),
        (LEVELS, "4: the source is missing", UNREADABLE),
    ],
)
def test_no_clear_answer_is_none_for_a_reason(criterion: Criterion, reply: str, reason: str) -> None:
    read = read_reply([criterion], reply)[criterion.key]
    assert (read.answer, read.unscored_reason) == (None, reason)


COHERENCE = LEVELS.model_copy(update={"key": "coherence"})
FLUENCY = LEVELS.model_copy(update={"key": "fluency"})


@pytest.mark.parametrize(
    "reply",
    [
        '{"coherence": 4, "fluency": 2, "grounded": true}',
        '{"coherence": {"score": 4, "reason": "x"}, "fluency": {"score": 2}, "grounded": {"answer": "yes"}}',
        '{"scores": {"coherence": "4", "fluency": "2/4"}, "grounded": "yes"}',
        "Coherence: 4\nFluency: 2\nGrounded: yes",
        "**Coherence:** 4/4\n**Fluency:** 2/4\n**Grounded:** Yes, in line 2",
        "<coherence>4</coherence><fluency>2</fluency><grounded>yes</grounded>",
        "{'coherence': 4, 'fluency': 2, 'grounded': 'yes'}",
    ],
)
def test_several_criteria_are_read_from_one_reply(reply: str) -> None:
    answers = read_reply([COHERENCE, FLUENCY, YES_NO], reply)

    assert {key: answer.answer for key, answer in answers.items()} == {
        "coherence": 3,
        "fluency": 1,
        "grounded": 1,
    }


def test_a_score_without_a_name_belongs_to_none_of_several_criteria() -> None:
    answers = read_reply([COHERENCE, FLUENCY], "Score: 4")

    assert {answer.unscored_reason for answer in answers.values()} == {UNREADABLE}


def test_each_explanation_stays_with_its_criterion() -> None:
    reply = (
        '{"coherence": {"score": 4, "reason": "it flows"}, "fluency": {"score": 2, "reason": "it stumbles"}}'
    )

    answers = read_reply([COHERENCE, FLUENCY], reply)

    assert [answer.explanation for answer in answers.values()] == ["it flows", "it stumbles"]


@pytest.mark.parametrize(
    "criterion", [YES_NO, PAIR, TONE, LEVELS, SCORE, HARMS], ids=lambda criterion: criterion.kind
)
@pytest.mark.parametrize(
    "part", ["{", "[[", "yes ", "A is ", "Winner: ", "very ", "4 out of ", "\n", "prefer the ", '"', "not "]
)
@pytest.mark.one_in(4)
def test_the_work_for_a_hostile_reply_is_bounded(criterion: Criterion, part: str) -> None:
    reply = part * (200_000 // len(part))
    assert len(reply) > LONGEST_REPLY

    read_reply([criterion], reply)
