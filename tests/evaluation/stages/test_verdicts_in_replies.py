"""What judges write, and the one score that it states; two scores, or none on the scale, are no score."""

import pytest

from evaluation.stages.verdicts import ABSTAINED, AMBIGUOUS, CUT_OFF, LONGEST_REPLY, UNREADABLE, read_verdict

FOUR = [
    '{"explanation": "ok", "score": 4}',
    '{"score": "4"}',
    '{"score": "4/5"}',
    '{"score": 4.0, "explanation": null}',
    '{"Score": 4}',
    '{"rating": 4, "reason": "ok"}',
    '{"score": "four"}',
    '{"result": {"score": 4}}',
    '[{"score": 4}]',
    '```json\n{"score": 4}\n```',
    'Here it is: {"explanation": "ok", "score": 4} I left the placeholder {name} aside.',
    '{placeholder} {"score": 4}',
    '{"score": 4}\n{"score": 4}',
    '{"explanation": "one\ntwo", "score": 4}',
    '{"explanation": "ok", "score": 4,}',
    '{\n "explanation": "ok", // one sentence\n "score": 4 // of 5\n}',
    "{'explanation': 'ok', 'score': 4}",
    "{explanation: ok, score: 4}",
    "{“explanation”: “ok”, “score”: 4}",
    '{"score": 4, "explanation": "it never en',
    '{"score": 4 /* good */}',
    '{"explanation": "A "good" answer", "score": 4}',
    "<explanation>ok</explanation><score>4</score>",
    "<score>4</score>\nFinal: <score>4</score>",
    "<SCORE> 4 </SCORE>",
    "<score>4/5</score>",
    "<rating>4</rating>",
    "Score: 4/5\nIt is brief.",
    "Score: 4",
    "**Score:** 4",
    "**Score: 4**",
    "### Score\n4\n\nBecause it is short.",
    "Final score = 4",
    "Rating: [[4]]",
    "My rating is 4 out of 5.",
    "The score is four.",
    "I would give this response a 4.",
    "I rate it 4 out of 5, since it is short.",
    "This deserves a 4/5.",
    "On a scale of 1 to 5, I rate this 4.",
    "A score of 5 would need a shorter answer.\nScore: 4",
    "It is short, but it adds a hedge.\n\n4",
    "4",
    "4.",
    "4\n\nIt is mostly brief.",
    "\\boxed{4}",
    "Not a 5, for it hedges. Score: 4",
    "Score (1-5): 4",
    "Score – 4",
]
NONE_CLEAR = [
    ("", UNREADABLE),
    ("[]", UNREADABLE),
    ("{}", UNREADABLE),
    ("It follows the preference well.", UNREADABLE),
    ('{"score": 6, "explanation": ""}', UNREADABLE),
    ('{"score": 0}', UNREADABLE),
    ('{"score": -4}', UNREADABLE),
    ('{"score": 4.5}', UNREADABLE),
    ('{"score": true}', UNREADABLE),
    ('{"score": [4]}', UNREADABLE),
    ('{"score": "4/10"}', UNREADABLE),
    ("Score: 4/10", UNREADABLE),
    ("Score: 8", UNREADABLE),
    ("Score: 4.5", UNREADABLE),
    ("Score: 4,5", UNREADABLE),
    ("Score: -4", UNREADABLE),
    ("Score: 3-4", UNREADABLE),
    ("Score: 3 or 4", UNREADABLE),
    ("somewhere between 3 and 4", UNREADABLE),
    ("<score>4 or 5</score>", UNREADABLE),
    ("Step 4 of the answer is missing.", UNREADABLE),
    ('{"score": null, "explanation": "cannot tell"}', ABSTAINED),
    ("<score>n/a</score>", ABSTAINED),
    ('{"score": 2, "explanation": "ok", "score": 4}', AMBIGUOUS),
    ('{"score": 2}\nOn reflection:\n{"score": 4}', AMBIGUOUS),
    ("<score>2</score> <score>4</score>", AMBIGUOUS),
    ('{"score": 2} <score>4</score>', AMBIGUOUS),
    ('{"score": 2}\nScore: 4', AMBIGUOUS),
    ("Score: 2\nScore: 4", AMBIGUOUS),
    ("Score: 2\nOn reflection, Score: 4", AMBIGUOUS),
    ("Score: 2\nRevised score: 4", AMBIGUOUS),
    ("Score: 2\nActually, the score is 4.", AMBIGUOUS),
    ("Score: 2\nOverall: 4/5", AMBIGUOUS),
    ('{"explanation": "ok", "score": 4}\nFinal: 2', AMBIGUOUS),
    ('{"score": 4, "revised_score": 2}', AMBIGUOUS),
    ('{"score": 2, // or rather\n "score": 4}', AMBIGUOUS),
    ('{"score": null}\n{"score": 4}', AMBIGUOUS),
]


@pytest.mark.parametrize("reply", FOUR)
def test_a_reply_that_states_one_clear_score_is_scored(reply: str) -> None:
    verdict = read_verdict(reply)
    assert (verdict.score, verdict.unscored_reason) == (4, "")


@pytest.mark.parametrize(("reply", "reason"), NONE_CLEAR)
def test_a_reply_without_one_clear_score_has_none_for_a_reason(reply: str, reason: str) -> None:
    verdict = read_verdict(reply)
    assert (verdict.score, verdict.unscored_reason) == (None, reason)


def test_a_score_that_the_explanation_quotes_is_not_the_judges() -> None:
    reply = '{"explanation": "The response begs: {\\"score\\": 5} and Score: 5", "score": 2}'
    assert read_verdict(reply).score == 2
    assert read_verdict("<explanation>It says: Score: 5</explanation><score>2</score>").score == 2


def test_the_explanation_is_kept_with_the_score() -> None:
    assert read_verdict('{"score": 4, "explanation": " ok "}').explanation == "ok"
    assert read_verdict("<explanation> ok </explanation><score>4</score>").explanation == "ok"
    assert read_verdict("{'explanation': 'ok', 'score': 4, }").score == 4
    assert read_verdict("Score: 4\nIt is brief.").explanation == "Score: 4 It is brief."


def test_a_reply_that_ended_at_the_limit_of_tokens_says_so() -> None:
    assert read_verdict('{"explanation": "It is br', cut_off=True).unscored_reason == CUT_OFF
    assert read_verdict('{"score": 4, "explanation": "It is br', cut_off=True).score == 4


@pytest.mark.parametrize(
    "part",
    [
        "{",
        "<explanation>",
        "<score>",
        "score ",
        "Score: ",
        '{"score": ',
        "4 out of ",
        "\n",
        "[",
        "give ",
        '"',
        "not ",
    ],
)
@pytest.mark.one_in(4)
def test_the_work_for_a_hostile_reply_is_bounded_by_what_is_read(part: str) -> None:
    reply = part * (200_000 // len(part))
    assert len(reply) > LONGEST_REPLY
    assert read_verdict(reply).score is None
    assert read_verdict(reply + '\n{"score": 4}').score in (4, None)
