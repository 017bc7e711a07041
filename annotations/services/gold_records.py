"""The records of a gold release: all that is exported of a task, made a chunk of tasks at a time."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, TypedDict, cast

import numpy as np

from annotations.agreement.gold_selection import STATUSES, UNDECIDED, GoldSelection
from annotations.models import Adjudication, Campaign, GoldLabel
from annotations.models.task import TaskKind, TaskState
from annotations.selectors.gold_votes import RaterLabels
from evaluation.models import Judgment, Response
from evaluation.models.item import Condition
from evaluation.models.judgment import JudgmentStatus

CHUNK = 1000


class GoldRecord(TypedDict):
    """One exported line: the item, the gold and how it came about, and every rater's score.

    `labels` are the votes. Surplus labels and those that were set aside stand apart. `agreement` is the share of the
    `votes` that say what was decided, `confidence` a model's probability of it.
    """

    task: int
    run: str
    model: str
    method: str
    setting: str
    position: int
    question: str
    options: list[str]
    gold_option: str
    source: str
    category: str
    preference: str
    preference_category: str
    baseline_response: str
    personalised_response: str
    followed: bool | None
    score: float | None
    status: str
    how: str
    votes: int
    agreement: float | None
    confidence: float | None
    adjudicator: str
    rationale: str
    inclusion_probability: float
    labels: dict[str, int]
    surplus_labels: dict[str, int]
    set_aside_labels: dict[str, int]
    judges: dict[str, int]


FIELDS = {
    "task": "pk",
    "run": "response__item__run__name",
    "model": "response__item__run__endpoint__model",
    "method": "response__item__run__method",
    "setting": "response__item__run__setting",
    "position": "response__item__position",
    "question": "response__item__question__text",
    "options": "response__item__question__options",
    "gold_option": "response__item__question__gold_option",
    "source": "response__item__question__source",
    "category": "response__item__question__category",
    "preference": "response__item__preference__text",
    "preference_category": "response__item__preference__category",
    "personalised_response": "response__text",
    "inclusion_probability": "inclusion_probability",
}
"""What of a record is read with its task, and from where."""


def canonical_line(record: Mapping[str, object]) -> bytes:
    """A record as its line in the JSONL export: sorted keys, UTF-8, one newline."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def gold_label_chunks(
    campaign: Campaign, labels: RaterLabels, selection: GoldSelection
) -> Iterator[list[GoldLabel]]:
    """Unsaved gold labels of the tasks that go in, in the order of the runs, a chunk at a time."""
    inside = selection.goes_in
    tasks = (
        campaign.tasks.filter(kind=TaskKind.REGULAR)
        .order_by("response__item__run", "response__item__position", "pk")
        .values_list(*FIELDS.values(), "response__item", "response")
    )
    rows = (row for row in tasks.iterator(chunk_size=CHUNK) if _is_in(selection, inside, row[0]))
    while chunk := list(islice(rows, CHUNK)):
        baselines = _baselines([row[-2] for row in chunk])
        judges = _judge_scores([row[-1] for row in chunk])
        decided = _decisions([row[0] for row in chunk])
        made = []
        for row in chunk:
            *values, item, response = row
            place = int(np.searchsorted(selection.tasks, row[0]))
            record = _record(
                campaign,
                dict(zip(FIELDS, values, strict=True)),
                selection,
                place,
                labels,
                decided.get(row[0], ("", "")),
            )
            record["baseline_response"] = baselines.get(item, "")
            record["judges"] = judges.get(response, {})
            made.append(
                GoldLabel(
                    task_id=row[0],
                    status=record["status"],
                    followed=record["followed"],
                    score=record["score"],
                    record=record,
                )
            )
        yield made


def _is_in(selection: GoldSelection, inside: np.ndarray, task: int) -> bool:
    """Whether the task goes in; one that came after the labels were read does not."""
    place = int(np.searchsorted(selection.tasks, task))
    return place < selection.tasks.size and selection.tasks[place] == task and bool(inside[place])


def _record(
    campaign: Campaign,
    read: dict[str, object],
    selection: GoldSelection,
    place: int,
    labels: RaterLabels,
    by: tuple[str, str],
) -> GoldRecord:
    status = STATUSES[selection.status[place]]
    followed = int(selection.followed[place])
    adjudicator, rationale = by if status == "adjudicated" else ("", "")
    plain, surplus, set_aside = labels.of(place)
    record: dict[str, Any] = read | {
        "preference": read["preference"] or "",
        "preference_category": read["preference_category"] or "",
        "baseline_response": "",
        "followed": None if followed == UNDECIDED else bool(followed),
        "score": _number(selection.score[place]),
        "status": status,
        "how": _how(selection, place, status, campaign.threshold),
        "votes": int(selection.votes[place]),
        "agreement": _number(selection.agreement[place]),
        "confidence": _number(selection.confidence[place]),
        "adjudicator": adjudicator,
        "rationale": rationale,
        "labels": plain,
        "surplus_labels": surplus,
        "set_aside_labels": set_aside,
        "judges": {},
    }
    return cast(GoldRecord, record)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _how(selection: GoldSelection, place: int, status: str, threshold: int) -> str:
    """How the decision came about, in words."""
    cut = f"followed if score >= {threshold}"
    if status == "adjudicated":
        return f"decided by an adjudicator, {cut}"
    n = int(selection.votes[place])
    labels = "1 label" if n == 1 else f"{n} labels"
    rule = {
        "majority": "majority of",
        "median": "median of",
        "dawid_skene": "Dawid–Skene, fitted to all labels, from",
        "mace": "MACE, fitted to all labels, from",
    }[selection.criteria.rule]
    return f"{rule} {labels}, {cut}"


def _baselines(items: list[int]) -> dict[int, str]:
    found = Response.objects.filter(item__in=items, condition=Condition.BASELINE)
    return dict(found.values_list("item", "text"))


def _judge_scores(responses: list[int]) -> dict[int, dict[str, int]]:
    """Of the first replicate of every judge, by response."""
    scores: dict[int, dict[str, int]] = {}
    found = Judgment.objects.filter(response__in=responses, status=JudgmentStatus.SCORED, replicate=1)
    for response, judge, score in found.values_list("response", "judge__name", "score"):
        if score is not None:
            scores.setdefault(response, {})[judge] = score
    return scores


def _decisions(tasks: list[int]) -> dict[int, tuple[str, str]]:
    """Adjudicator and rationale of the decision in force, by adjudicated task."""
    found = (
        Adjudication.objects.filter(task__in=tasks, task__state=TaskState.ADJUDICATED)
        .order_by("task_id", "-revision")
        .distinct("task_id")
        .values_list("task_id", "adjudicator__username", "rationale")
    )
    return {task: (adjudicator, rationale) for task, adjudicator, rationale in found}
