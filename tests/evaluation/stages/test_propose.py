"""Proposing preferences: what an endpoint receives, and how its replies are read."""

import json

import pytest

from evaluation.models.dataset import PreferenceCategory
from evaluation.stages.prompts import PromptText, prompt_files
from evaluation.stages.propose import (
    CATEGORIES,
    MAX_TEXT,
    PROMPT,
    SCHEMA,
    Sampled,
    proposal_request,
    read_proposals,
)

SHOWN = Sampled("What is $count worth?", ("little", "much"))


def _reply(*preferences: object) -> str:
    return json.dumps({"preferences": preferences})


def _texts(reply: str, limit: int = 10) -> list[str] | None:
    found = read_proposals(reply, limit=limit)
    return None if found is None else [draft.text for draft in found]


def test_the_request_asks_for_so_many_and_shows_question_and_options_but_nothing_of_the_answer() -> None:
    prompt = PromptText.parse(prompt_files()[PROMPT])
    request = proposal_request(SHOWN, model="m", form="json_schema", prompt=prompt, count=4)
    system, user = request.messages
    assert "Name 4 preferences" in " ".join(system.content.split())
    assert all(category in system.content for category in CATEGORIES)
    assert user.content.endswith("What is $count worth?\n\nA. little\nB. much")
    assert request.response_schema == SCHEMA
    again = proposal_request(SHOWN, model="m", form="json_schema", prompt=prompt, count=4, replicate=2)
    assert again.key("e") != request.key("e")


def test_without_a_form_the_request_has_no_schema() -> None:
    prompt = PromptText.parse(prompt_files()[PROMPT])
    request = proposal_request(SHOWN, model="m", form="text", prompt=prompt, count=1)
    assert (request.response_format, request.response_schema) == ("text", "")


def test_the_categories_are_those_of_preferences() -> None:
    assert tuple(PreferenceCategory.values) == CATEGORIES


def test_a_reply_in_the_wanted_form_is_read_whole() -> None:
    found = read_proposals(
        _reply({"text": "I like it short.", "reason": "It is long.", "category": "brevity"}), limit=3
    )
    assert found is not None
    assert [(draft.text, draft.reason, draft.category) for draft in found] == [
        ("I like it short.", "It is long.", "brevity")
    ]


@pytest.mark.parametrize(
    "reply",
    [
        'Sure! ```json\n{"preferences": [{"text": "a"}, {"text": "b"}]}\n``` Anything else?',
        '[{"text": "a"}, {"text": "b"}]',
        'Here: [{"text": "a"}, {"text": "b"}].',
        '{"preferences": [{"text": " a\n"}, {"text": "b\\u0000", "reason": null, "category": 7}, {"text": ""}]}',
        '{"preferences": ["c", {"text": "a"}, {"reason": "no text"}, null, {"text": "b", "more": 1}]}',
        '{"preferences": [{"text": "a"}, {"text": "\\ud800"}, {"text": "b"}]}',
    ],
)
def test_sloppy_replies_are_read_and_unusable_entries_left_out(reply: str) -> None:
    assert _texts(reply) == ["a", "b"]


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "I cannot help with that.",
        "{}",
        "[]",
        "}{",
        '{"preferences": {}}',
        '{"preferences": []}',
        '{"preferences": [{"text": "cut o',
        '{"preferences": [{"text": "   "}]}',
        '{"preferences": ["only text"]}',
        '{"preferences":' + "[" * 100_000 + "]" * 100_000 + "}",
        _reply({"text": "x" * (MAX_TEXT + 1)}),
        "null {true}",
    ],
)
def test_a_reply_without_any_preference_is_unreadable(reply: str) -> None:
    assert read_proposals(reply, limit=10) is None


def test_an_unknown_category_is_other_and_case_does_not_matter() -> None:
    found = read_proposals(
        _reply({"text": "a", "category": "Tone"}, {"text": "b", "category": "speed"}), limit=2
    )
    assert found is not None
    assert [draft.category for draft in found] == ["tone", "other"]


def test_no_more_are_read_than_were_asked_for() -> None:
    assert _texts(_reply(*({"text": str(number)} for number in range(5))), limit=2) == ["0", "1"]
