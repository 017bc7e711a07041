"""What each column of a home-made table is for."""

import pytest

from perg.formats.mapping.words import kind_of_rater, rater_and_criterion
from tests.perg.formats.mapping.guessing import csv_bytes, guess, ratings_of, roles


def _chats(headings: list[str], *cells: object, rows: int = 30, delimiter: str = ",") -> bytes:
    """A table of chats, with these cells behind id, prompt and answer."""
    return csv_bytes(
        [headings]
        + [
            [f"chat-{number}", f"What is thing {number}?", f"It is a long story about {number}.", *cells]
            for number in range(rows)
        ],
        delimiter,
    )


def test_a_column_of_small_numbers_is_the_rating_of_who_it_is_called_after() -> None:
    mapping, items = guess(_chats(["id", "prompt", "answer", "anna", "ben", "gpt4"], 4, 5, 3))

    assert roles(mapping) == {
        "id": "id",
        "prompt": "context",
        "answer": "output",
        "anna": "rating",
        "ben": "rating",
        "gpt4": "rating",
    }
    assert ratings_of(items) == [
        ("anna", "person", "rating", 4),
        ("ben", "person", "rating", 5),
        ("gpt4", "judge", "rating", 3),
    ]


def test_german_headings_and_decimal_commas_are_understood() -> None:
    headings = ["Nr", "Frage", "Antwort", "Bewertung Anna", "Bewertung KI", "Kategorie"]

    mapping, items = guess(_chats(headings, "3,5", "2,5", "Reise", delimiter=";"))

    assert list(roles(mapping).values()) == ["id", "context", "output", "rating", "rating", "attribute"]
    assert ratings_of(items) == [("Anna", "person", "rating", 3.5), ("KI", "judge", "rating", 2.5)]
    assert items.items[0].attributes == {"Kategorie": "Reise"}


@pytest.mark.parametrize(
    ("name", "others", "expected"),
    [
        ("expert_1_coherence", ["expert_2_coherence", "gpt4_coherence"], ("expert 1", "coherence")),
        ("Helpful (Anna)", ["Helpful (GPT-4o judge)"], ("Anna", "Helpful")),
        ("Helpful (GPT-4o judge)", ["Helpful (Anna)"], ("GPT-4o judge", "Helpful")),
        ("helpful_anna", ["clear_anna", "helpful_ben", "clear_ben"], ("anna", "helpful")),
        ("anna_helpful", ["anna_clear", "ben_helpful", "ben_clear"], ("anna", "helpful")),
        ("judge_score", ["human_score"], ("judge", "")),
        ("gpt-4o-mini", ["anna"], ("gpt-4o-mini", "")),
        ("score", [], ("", "")),
        ("rater1", ["rater2"], ("rater1", "")),
        ("AnnaClarity", ["BenClarity"], ("Anna", "Clarity")),
    ],
)
def test_rater_and_criterion_are_read_off_the_names(
    name: str, others: list[str], expected: tuple[str, str]
) -> None:
    assert rater_and_criterion(name, [name, *others]) == expected


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("gpt-4o", "judge"),
        ("Claude 3.5 Sonnet", "judge"),
        ("llm_judge", "judge"),
        ("gpt4_pair", "judge"),
        ("anna", "person"),
        ("human_judge", "person"),
        ("expert_3", "person"),
        ("author_2", "person"),
        ("Gptavia", "judge"),
    ],
)
def test_models_are_judges(name: str, kind: str) -> None:
    assert kind_of_rater(name) == kind


def test_texts_of_yes_and_no_are_ratings_and_other_labels_describe_the_item() -> None:
    rows: list[list[object]] = [["Question", "Bot answer", "Anna", "Ben", "Topic", "Model"]]
    rows += [
        [
            f"How do I reset {n}?",
            f"Open the settings and press {n}.",
            "yes",
            ("no", "yes")[n % 2],
            "billing",
            "gpt-4",
        ]
        for n in range(20)
    ]

    mapping, items = guess(csv_bytes(rows))

    assert list(roles(mapping).values()) == [
        "context",
        "output",
        "rating",
        "rating",
        "attribute",
        "attribute",
    ]
    assert items.items[0].attributes == {"Topic": "billing", "Model": "gpt-4"}


def test_reasons_go_with_the_rater_that_they_name_or_with_the_only_judge() -> None:
    mapping, items = guess(
        _chats(["id", "prompt", "answer", "anna", "gpt4", "reason"], 4, 2, "too short a text")
    )

    assert mapping.columns["reason"].rater == "gpt4"
    assert [rating.explanation for rating in items.items[0].ratings] == ["", "too short a text"]


def test_long_rows_have_rater_answer_and_criterion() -> None:
    rows: list[list[object]] = [["Item ID", "Dimension", "Annotator", "Score", "Comment"]]
    rows += [[n // 6, ("clarity", "depth")[n % 2], "ABC"[n // 2 % 3], n % 5, "fine"] for n in range(60)]

    mapping, items = guess(csv_bytes(rows))

    assert roles(mapping) == {
        "Item ID": "id",
        "Dimension": "criterion",
        "Annotator": "rater",
        "Score": "answer",
        "Comment": "explanation",
    }
    assert len(items.items) == 10
    assert ratings_of(items)[:2] == [("A", "person", "clarity", 0), ("A", "person", "depth", 1)]


def test_lengths_and_row_numbers_are_no_ratings() -> None:
    mapping, _ = guess(_chats(["id", "prompt", "answer", "length", "Unnamed: 0", "anna"], 3, 1, 5))

    assert roles(mapping)["length"] == "attribute"
    assert roles(mapping)["Unnamed: 0"] != "id"
    assert roles(mapping)["anna"] == "rating"


def test_without_an_output_by_name_the_last_text_is_it() -> None:
    rows: list[list[object]] = [["foo", "bar", "anna"]]
    rows += [
        [f"A first text of some length, number {n}.", f"A second text, number {n}, is here.", 3]
        for n in range(9)
    ]

    mapping, _ = guess(csv_bytes(rows))

    assert roles(mapping) == {"foo": "context", "bar": "output", "anna": "rating"}
