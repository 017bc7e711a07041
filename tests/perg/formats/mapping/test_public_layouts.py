"""Files laid out as their owners publish them are guessed without a correction."""

from pathlib import Path

import pytest

from tests.perg.formats.mapping.guessing import csv_bytes, guess, json_lines, ratings_of, roles

TASKS = Path(__file__).resolve().parents[4].parent / "shared" / "data" / "tasks"


def test_pairs_of_chats_with_votes_of_people_and_a_judge() -> None:
    """The columns of MT-Bench's human judgments: a question alone is no id."""
    rows = [
        {
            "question_id": question,
            "model_a": first,
            "model_b": second,
            "winner": winner,
            "judge": judge,
            "conversation_a": [
                {"role": "user", "content": f"q{question}"},
                {"role": "assistant", "content": f"{first} on {question}"},
            ],
            "conversation_b": [
                {"role": "user", "content": f"q{question}"},
                {"role": "assistant", "content": f"{second} on {question}"},
            ],
            "turn": 1,
        }
        for question in range(4)
        for first, second in (("alpaca", "gpt-4"), ("gpt-4", "vicuna"))
        for judge, winner in (("expert_1", "model_a"), ("author_2", "tie"), ("gpt4_pair", "model_b"))
    ]

    mapping, items = guess(json_lines(rows), "mt_bench.jsonl")

    assert roles(mapping) == {
        "question_id": "id",
        "model_a": "id",
        "model_b": "attribute",
        "winner": "answer",
        "judge": "rater",
        "conversation_a": "output",
        "conversation_b": "second_output",
        "turn": "attribute",
    }
    assert (len(items.items), items.problems) == (8, ())
    assert (items.items[0].external_id, items.items[0].cluster) == ("0 / alpaca", "0")
    assert ratings_of(items) == [
        ("expert_1", "person", "rating", "model_a"),
        ("author_2", "person", "rating", "tie"),
        ("gpt4_pair", "judge", "rating", "model_b"),
    ]
    assert [output[0].kind for output in items.items[0].exhibit.outputs] == ["chat", "chat"]


def test_yes_and_no_on_a_conversation_by_lists_of_people() -> None:
    """The columns of HealthBench's meta-evaluation."""
    rows = [
        {
            "prompt": [{"role": "user", "content": f"My knee hurts, {number}"}],
            "completion": f"Rest it for {number} days. " * 5,
            "rubric": "mentions a doctor",
            "category": ("emergency", "context")[number % 2],
            "binary_labels": [True, number % 3 == 0],
            "anonymized_physician_ids": ["p1", f"p{number % 4 + 2}"],
            "completion_id": f"c{number}",
            "prompt_id": f"q{number // 3}",
        }
        for number in range(30)
    ]

    mapping, items = guess(json_lines(rows), "meta.jsonl")

    assert roles(mapping) == {
        "prompt": "context",
        "completion": "output",
        "rubric": "attribute",
        "category": "attribute",
        "binary_labels": "rating",
        "anonymized_physician_ids": "ignore",
        "completion_id": "id",
        "prompt_id": "cluster",
    }
    assert (len(items.items), items.problems) == (30, ())
    assert ratings_of(items) == [("p1", "person", "rating", True), ("p2", "person", "rating", True)]
    assert [block.kind for block in items.items[0].exhibit.context] == ["chat"]


def test_four_criteria_on_a_summary_with_its_document() -> None:
    """SummEval's annotations: lists of objects, one of each expert."""
    scores = {"coherence": 2, "consistency": 5, "fluency": 4, "relevance": 3}
    rows = [
        {
            "id": f"dm-test-{number}",
            "decoded": f"A summary of article {number}, in one sentence.",
            "expert_annotations": [scores, scores | {"fluency": 1}],
            "turker_annotations": [scores],
            "references": [f"The reference {number}."],
            "text": f"The article {number}. " * 40,
            "model_id": f"M{number % 4}",
        }
        for number in range(20)
    ]

    mapping, items = guess(json_lines(rows), "model_annotations.jsonl")

    assert roles(mapping) == {
        "id": "id",
        "decoded": "output",
        "expert_annotations": "rating",
        "turker_annotations": "rating",
        "references": "reference",
        "text": "context",
        "model_id": "attribute",
    }
    assert items.problems == ()
    assert len(ratings_of(items)) == 12
    assert ("expert 2", "person", "fluency", 1) in ratings_of(items)
    assert ("turker 1", "person", "relevance", 3) in ratings_of(items)


def test_trajectories_of_agents_that_are_safe_or_not() -> None:
    """R-Judge's records."""
    rows = [
        {
            "id": number,
            "scenario": ("terminal", "email")[number % 2],
            "profile": "You are an agent with tools.",
            "goal": f"Do the thing number {number} in a safe way",
            "contents": [
                [{"role": "user", "content": "go"}, {"role": "agent", "thought": "t", "action": "rm -r"}]
            ],
            "label": number % 2,
        }
        for number in range(24)
    ]

    mapping, items = guess(json_lines(rows), "r_judge.jsonl")

    assert roles(mapping) == {
        "id": "id",
        "scenario": "attribute",
        "profile": "context",
        "goal": "context",
        "contents": "output",
        "label": "rating",
    }
    assert ratings_of(items, 1) == [("label", "person", "rating", 1)]
    assert items.items[0].exhibit.outputs[0][0].kind == "trace"


def test_several_labels_of_each_rater_in_long_rows() -> None:
    rows: list[list[object]] = [["item", "text", "rater", "labels"]]
    rows += [
        [
            number // 2,
            f"Some text with harm number {number // 2} in it.",
            ("anna", "gpt-4o")[number % 2],
            "hate|violence",
        ]
        for number in range(40)
    ]

    mapping, items = guess(csv_bytes(rows))

    assert roles(mapping) == {"item": "id", "text": "output", "rater": "rater", "labels": "answer"}
    assert len(items.items) == 20
    assert ratings_of(items) == [
        ("anna", "person", "rating", "hate|violence"),
        ("gpt-4o", "judge", "rating", "hate|violence"),
    ]


@pytest.mark.skipif(not TASKS.exists(), reason="the recorded sets are not here")
def test_a_real_set_of_pairs_judged_in_both_orders() -> None:
    mapping, items = guess((TASKS / "pairwise_judgebench.jsonl").read_bytes(), "pairs.jsonl")

    assert (len(items.items), items.problems) == (270, ())
    assert mapping.of("output", "second_output") == ["response_A", "response_B"]
    assert [mapping.columns[name].swapped for name in ("decision_shown_AB", "decision_shown_BA")] == [
        False,
        True,
    ]
    shown = [
        rating
        for item in items.items
        for rating in item.ratings
        if rating.kind == "judge" and rating.answer != "A=B"
    ]
    assert len(shown) == 335
    assert sum(rating.answer == "A>B" for rating in shown) == 212


@pytest.mark.skipif(not TASKS.exists(), reason="the recorded sets are not here")
def test_a_real_set_of_scores_from_0_to_1() -> None:
    mapping, items = guess((TASKS / "numeric_chat_answers.jsonl").read_bytes(), "answers.jsonl")

    assert (len(items.items), items.problems) == (500, ())
    answers = {
        kind: [
            float(str(rating.answer))
            for item in items.items
            for rating in item.ratings
            if rating.kind == kind
        ]
        for kind in ("judge", "person")
    }
    assert sum(answers["judge"]) / 500 == pytest.approx(0.841400, abs=5e-7)
    assert len(answers["person"]) == 248
    assert sum(answers["person"]) / 248 == pytest.approx(0.744516, abs=5e-7)
    assert mapping.columns["oracle_label"].rater == "oracle"
