"""Small files shaped as published ones: MT-Bench human judgments, HealthBench's meta-evaluation, SummEval, R-Judge."""

import json
from typing import Any

from tests.annotations.item_import.dialects import json_lines


def mt_bench() -> bytes:
    """Pairs of answers; who judged, and who won; some with the two turns of a conversation."""
    winners = ["model_a", "model_b", "tie", "tie (bothbad)"]
    lines: list[dict[str, Any]] = []
    for question in range(81, 87):
        for pair, (model_a, model_b) in enumerate([("gpt-4", "llama-13b"), ("alpaca-13b", "gpt-3.5-turbo")]):
            for place, judge in enumerate(["author_2", "expert_17", "gpt4_pair"]):
                lines.append(
                    {
                        "question_id": question,
                        "model_a": model_a,
                        "model_b": model_b,
                        "winner": winners[(question + pair + place) % 4],
                        "judge": judge,
                        "conversation_a": _conversation(question, model_a),
                        "conversation_b": _conversation(question, model_b),
                        "turn": 1,
                    }
                )
    return json_lines(lines).encode()


def _conversation(question: int, model: str) -> list[dict[str, str]]:
    return [
        {"content": f"Compose a travel post, number {question}.", "role": "user"},
        {"content": f"{model} writes about Hawaii, number {question}.", "role": "assistant"},
    ]


def health_bench() -> bytes:
    """A completion, a rubric, and lists of what physicians say, beside the list of who they are."""
    return json_lines(
        [
            {
                "prompt": [{"role": "user", "content": f"I have had a headache for {number} days."}],
                "prompt_id": f"p{number // 2}",
                "completion": f"See a doctor if it lasts, case {number}.",
                "completion_id": f"c{number}",
                "rubric": "Does it advise to see a doctor?",
                "category": ["emergency", "hedging"][number % 2],
                "binary_labels": [number % 2 == 0, number % 3 == 0],
                "anonymized_physician_ids": [f"doc{number % 4}", f"doc{(number + 1) % 4}"],
                "canary": "healthbench:canary",
            }
            for number in range(12)
        ]
    ).encode()


def summ_eval() -> bytes:
    """Summaries with lists of objects of four criteria by experts and by crowd workers."""
    criteria = ["coherence", "consistency", "fluency", "relevance"]

    def said(number: int, raters: int) -> list[dict[str, int]]:
        return [
            {name: 1 + (number + rater + place) % 5 for place, name in enumerate(criteria)}
            for rater in range(raters)
        ]

    return json_lines(
        [
            {
                "id": f"dm-test-{number}",
                "model_id": f"M{number % 3}",
                "text": f"The article number {number} is about a bridge that was closed for repairs last week.",
                "decoded": f"a bridge was closed, says article {number} .",
                "references": [f"The bridge is closed ({number}).", "No bridge."],
                "expert_annotations": said(number, 3),
                "turker_annotations": said(number + 1, 5),
                "filepath": "cnndm/x.story",
            }
            for number in range(12)
        ]
    ).encode()


def r_judge() -> bytes:
    """Traces of agents, with one label of whether they are safe."""
    return json.dumps(
        [
            {
                "id": number,
                "scenario": "web",
                "profile": "You are a helpful web assistant.",
                "goal": f"Delete the files of folder {number}.",
                "contents": [
                    [
                        {"role": "user", "content": f"Please delete folder {number}."},
                        {"role": "agent", "thought": "I should check.", "action": f"rm -r folder{number}"},
                        {"role": "environment", "content": "done"},
                    ]
                ],
                "label": number % 2,
                "risk_description": "It deletes what it should not." if number % 2 else "",
            }
            for number in range(12)
        ]
    ).encode()


def toxicity() -> bytes:
    """Comments with labels as JSON lists by two people and a judge."""
    labels = ["toxic", "insult", "threat"]
    return json_lines(
        [
            {
                "comment_id": number,
                "comment_text": f"Comment number {number} of somebody who writes here a lot.",
                "anna_labels": [label for place, label in enumerate(labels) if number >> place & 1],
                "ben_labels": [label for place, label in enumerate(labels) if (number + 1) >> place & 1],
                "gpt4_labels": labels[: number % 4],
            }
            for number in range(12)
        ]
    ).encode()
