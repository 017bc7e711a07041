"""What a judge is asked: places filled, the form of its reply."""

import json

import pytest

from perg.formats.rated_items import Block, Exhibit
from perg.rubrics.criterion import Criterion, OnlyIf, Option
from perg.rubrics.prompts import filled_prompt, prompt_values
from perg.rubrics.replies import read_reply
from perg.rubrics.reply_form import criteria_in_words, reply_in_words, reply_schema

GROUNDED = Criterion(key="grounded", kind="binary", question="Is it grounded in the document?")
HARMS = Criterion(
    key="harms",
    kind="multilabel",
    options=(Option(key="hate", anchor="attacks a group"), Option(key="fraud", label="Fraud")),
    only_if=OnlyIf(criterion="grounded", answers=("no",)),
)
SCORE = Criterion(key="score", kind="numeric", lowest=0, highest=1)
CRITERIA = [GROUNDED, HARMS, SCORE, Criterion(key="why", kind="text")]
ONE = Exhibit(
    context=(
        Block(
            "chat", [{"role": "user", "content": "Hi {output}"}, {"from": "gpt", "value": "Hello"}], "Chat"
        ),
        Block("text", "The moon is far.", "Document"),
    ),
    outputs=((Block("text", "It is near. {context}"),),),
    reference=(Block("text", "Far."),),
)
TWO = Exhibit(
    context=(Block("text", "Why?"),), outputs=((Block("text", "Because."),), (Block("json", {"a": [1]}),))
)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("D: {document} A: {answer}", "D: The moon is far. A: It is near. {context}"),
        ("{{ Document }}|{{response}}|{reference}", "The moon is far.|It is near. {context}|Far."),
        ("{chat}", "User: Hi {output}\n\nAssistant: Hello"),
        ('Reply as {"score": 1} or {x}: {output}', 'Reply as {"score": 1} or {x}: It is near. {context}'),
    ],
)
def test_places_are_filled_once_and_other_braces_stay(template: str, text: str) -> None:
    assert filled_prompt(template, prompt_values(ONE, CRITERIA)).text == text


def test_unknown_places_are_named() -> None:
    filled = filled_prompt("{output} {persona} {{ tone }}", prompt_values(ONE, CRITERIA))

    assert filled.filled == ("output",)
    assert filled.unknown == ("{persona}", "{{ tone }}")


def test_several_context_blocks_stand_under_their_headings() -> None:
    assert prompt_values(ONE, CRITERIA)["context"] == (
        "Chat:\nUser: Hi {output}\n\nAssistant: Hello\n\nDocument:\nThe moon is far."
    )


def test_two_outputs_are_shown_in_either_order() -> None:
    plain, swapped = prompt_values(TWO, []), prompt_values(TWO, [], swapped=True)

    assert (plain["output_a"], swapped["response_b"]) == ("Because.", "Because.")
    assert json.loads(plain["answer_b"]) == json.loads(swapped["output_a"]) == {"a": [1]}
    assert "output" not in plain


def test_the_schema_allows_the_answers_of_the_criteria_alone() -> None:
    schema = reply_schema(CRITERIA)

    assert (
        list(schema["properties"])
        == schema["required"]
        == ["explanation", "grounded", "harms", "score", "why"]
    )
    assert schema["additionalProperties"] is False
    assert schema["properties"]["grounded"]["enum"] == ["no", "yes"]
    assert schema["properties"]["harms"]["items"]["enum"] == ["hate", "fraud"]
    assert (schema["properties"]["score"]["minimum"], schema["properties"]["score"]["maximum"]) == (0, 1)
    assert list(reply_schema(CRITERIA, reason_first=False)["properties"])[-1] == "explanation"


def test_a_reply_in_the_form_that_is_asked_for_is_read() -> None:
    reply = '{"explanation": "no", "grounded": "yes", "harms": ["fraud"], "score": 0.5, "why": "it is so"}'

    answers = {key: answer.answer for key, answer in read_reply(CRITERIA, reply).items()}

    assert answers == {"grounded": 1, "harms": 0b10, "score": 0.5, "why": "it is so"}


def test_the_form_and_the_criteria_in_words() -> None:
    assert reply_in_words([GROUNDED, SCORE]) == (
        'Reply with one JSON object and nothing else: {"explanation": "one or two short sentences", '
        '"grounded": "no" or "yes", "score": a number from 0 to 1}'
    )
    assert criteria_in_words([GROUNDED, HARMS]) == (
        "grounded: Is it grounded in the document?\n- no = No\n- yes = Yes\n\n"
        "harms\nAnswer this only if grounded is no.\n- hate = attacks a group\n- fraud = Fraud"
    )
