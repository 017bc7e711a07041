"""The records of a gold release: all that is exported of a task, made a chunk of tasks at a time."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypedDict, cast

import numpy as np
from django.db import connection

from annotations.gold.selectors.votes import RaterLabels
from annotations.models import Adjudication, Campaign
from annotations.models.task import TaskKind
from core.db.whole_numbers import whole_numbers
from perg.stats.gold.gold_selection import STATUSES, UNDECIDED, GoldSelection, Ints

CHUNK = 2000


class GoldRecord(TypedDict):
    """One exported line: the item, the gold and how it came about, and every rater's score.

    `labels` are the votes. Surplus labels and those that were set aside stand apart. `agreement` is the share of the
    `votes` that say what was decided, None of one vote; `confidence` is a model's probability of it.
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


READ = (
    "task",
    "run",
    "model",
    "method",
    "setting",
    "position",
    "question",
    "options",
    "gold_option",
    "source",
    "category",
    "preference",
    "preference_category",
    "baseline_response",
    "personalised_response",
    "inclusion_probability",
)
"""What of a record is read with its task, in the order of the columns of FACTS."""

FACTS = """
    SELECT task.id, run.name, endpoint.model, run.method, run.setting, item.position,
        question.text, question.options, question.gold_option, question.source, question.category,
        coalesce(preference.text, ''), coalesce(preference.category, ''), coalesce(baseline.text, ''), response.text,
        task.inclusion_probability, response.id
    FROM unnest(%(tasks)s::bigint[]) WITH ORDINALITY AS wanted (id, place)
    JOIN annotations_task AS task ON task.id = wanted.id
    JOIN evaluation_response AS response ON response.id = task.response_id
    JOIN evaluation_item AS item ON item.id = response.item_id
    JOIN evaluation_run AS run ON run.id = item.run_id
    JOIN evaluation_endpoint AS endpoint ON endpoint.id = run.endpoint_id
    JOIN evaluation_question AS question ON question.id = item.question_id
    LEFT JOIN evaluation_preference AS preference ON preference.id = item.preference_id
    LEFT JOIN evaluation_response AS baseline ON baseline.item_id = item.id AND baseline.condition = 'baseline'
    ORDER BY wanted.place
"""
# Of the first replicate of every judge.
JUDGED = """
    SELECT judgment.response_id, judge.name, judgment.score
    FROM evaluation_judgment AS judgment JOIN evaluation_judge AS judge ON judge.id = judgment.judge_id
    WHERE judgment.response_id = ANY(%(responses)s::bigint[]) AND judgment.status = 'scored'
        AND judgment.replicate = 1 AND judgment.score IS NOT NULL
"""
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


def canonical_text(record: Mapping[str, object]) -> str:
    """A record as JSON, its keys sorted."""
    return _encode(record)


def gold_records(
    campaign: Campaign, labels: RaterLabels, selection: GoldSelection
) -> Iterator[list[GoldRecord]]:
    """Records of the tasks that go in, in the order of the runs, a chunk at a time."""
    places = _in_order(campaign, selection)
    for first in range(0, places.size, CHUNK):
        chunk = places[first : first + CHUNK]
        facts = _facts(selection.tasks[chunk].tolist())
        judges = _judge_scores([row[-1] for row in facts])
        decided = _decisions(labels.adjudication[chunk].tolist())
        made = []
        for place, (*values, response) in zip(chunk.tolist(), facts, strict=True):
            by = decided.get(int(labels.adjudication[place]), ("", ""))
            read = dict(zip(READ, values, strict=True)) | {"judges": judges.get(response, {})}
            made.append(_record(campaign, read, selection, place, labels, by))
        yield made


def _in_order(campaign: Campaign, selection: GoldSelection) -> Ints:
    """Places in the selection of the tasks that go in: by run, then by position."""
    rows = campaign.tasks.filter(kind=TaskKind.REGULAR).order_by()
    keys = whole_numbers(rows.values_list("pk", "response__item__run", "response__item__position"))
    keys = keys[np.lexsort(keys.T[[0, 2, 1]])]
    # A task that came after the labels were read is not in the selection.
    known = keys[np.isin(keys[:, 0], selection.tasks[selection.goes_in]), 0]
    places: Ints = np.searchsorted(selection.tasks, known)
    return places


def _facts(tasks: list[int]) -> list[tuple[Any, ...]]:
    # Any: columns of many types
    with connection.cursor() as cursor:
        cursor.execute(FACTS, {"tasks": tasks})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


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
    if status == "single":
        return f"1 label, {cut}"
    labels = "1 label" if n == 1 else f"{n} labels"
    rule = {
        "majority": "majority of",
        "median": "median of",
        "dawid_skene": "Dawid–Skene, fitted to all labels, from",
        "mace": "MACE, fitted to all labels, from",
    }[selection.criteria.rule]
    return f"{rule} {labels}, {cut}"


def _judge_scores(responses: list[int]) -> dict[int, dict[str, int]]:
    """By response and judge's name."""
    scores: dict[int, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(JUDGED, {"responses": responses})
        for response, judge, score in cursor.fetchall():
            scores.setdefault(response, {})[judge] = score
    return scores


def _decisions(adjudications: list[int]) -> dict[int, tuple[str, str]]:
    """Adjudicator and rationale, by the decision's key."""
    rows = Adjudication.objects.filter(pk__in={key for key in adjudications if key})
    return {
        key: (adjudicator, rationale)
        for key, adjudicator, rationale in rows.values_list("pk", "adjudicator__username", "rationale")
    }
