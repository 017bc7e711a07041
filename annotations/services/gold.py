"""Releasing gold: an immutable snapshot of what the labels say, with every rater's score."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TypedDict

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max

from annotations.agreement.gold import GoldDecision, adjudicated, majority
from annotations.models import Adjudication, Campaign, GoldLabel, GoldRelease, Task
from annotations.models.task import TaskKind
from annotations.selectors.labels import current_labels, decisions, judge_scores
from annotations.services.audit import record as audit
from evaluation import __version__
from evaluation.errors import Conflict
from evaluation.models import Response
from evaluation.models.item import Condition

Scores = defaultdict[int, dict[str, int]]
"""By task: rater → score."""


class GoldRecord(TypedDict):
    """One exported line: the item, the gold and how it came about, and every rater's score.

    `labels` are the votes. Surplus labels and those that were set aside stand apart, without one.
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
    adjudicator: str
    rationale: str
    inclusion_probability: float
    labels: dict[str, int]
    surplus_labels: dict[str, int]
    set_aside_labels: dict[str, int]
    judges: dict[str, int]


@transaction.atomic
def release_gold(*, campaign: Campaign, created_by: User | None = None) -> GoldRelease:
    """A numbered release of the campaign's gold, as the labels are now.

    The adjudicator's decision is the gold of an adjudicated task; elsewhere it is the majority of the votes, and ties
    are unresolved. Labels without a vote, surplus or set aside, are exported beside the others. Raises Conflict where
    nothing is labelled yet.
    """
    # One release at a time: the number is the next one, and the snapshot is of one moment.
    Campaign.objects.select_for_update().get(pk=campaign.pk)
    drafts = list(_gold_labels(campaign))
    if not any(label.record["labels"] or label.record["adjudicator"] for label in drafts):
        raise Conflict("Nothing is labelled yet, so there is no gold to release.", code="nothing_labelled")
    last = campaign.gold_releases.aggregate(last=Max("number"))["last"] or 0
    release = GoldRelease.objects.create(
        campaign=campaign,
        number=last + 1,
        threshold=campaign.threshold,
        checksum=checksum_of(label.record for label in drafts),
        code_version=__version__,
        created_by=created_by,
    )
    for label in drafts:
        label.release = release
    GoldLabel.objects.bulk_create(drafts, batch_size=1000)
    audit(
        "gold.released",
        actor=created_by,
        campaign=campaign,
        subject=release,
        number=release.number,
        tasks=len(drafts),
        checksum=release.checksum,
    )
    return release


def canonical_line(record: Mapping[str, object]) -> bytes:
    """A record as its line in the JSONL export: sorted keys, UTF-8, one newline."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def checksum_of(records: Iterable[Mapping[str, object]]) -> str:
    """SHA-256 (hex) of the JSONL export of these records."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(canonical_line(record))
    return digest.hexdigest()


def _gold_labels(campaign: Campaign) -> Iterator[GoldLabel]:
    """Unsaved gold labels of all regular tasks, in the order of the runs."""
    labels, surplus, set_aside = _scores_by_task(campaign)
    decided = decisions(campaign)
    judges: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for task_id, judge, score in judge_scores(campaign):
        judges[task_id][judge] = score
    tasks = (
        campaign.tasks.filter(kind=TaskKind.REGULAR)
        .select_related(
            "response__item__question", "response__item__preference", "response__item__run__endpoint"
        )
        .order_by("response__item__run", "response__item__position")
    )
    baselines = dict(
        Response.objects.filter(
            item__responses__tasks__campaign=campaign, condition=Condition.BASELINE
        ).values_list("item", "text")
    )
    for task in tasks:
        scores, by = list(labels[task.pk].values()), decided.get(task.pk)
        decision = (
            adjudicated(by.score, scores, threshold=campaign.threshold)
            if by
            else majority(scores, threshold=campaign.threshold)
        )
        record = _record(task, decision, baselines.get(task.response.item_id, ""), by)
        record |= {
            "labels": labels[task.pk],
            "surplus_labels": surplus[task.pk],
            "set_aside_labels": set_aside[task.pk],
            "judges": judges[task.pk],
        }
        yield GoldLabel(
            task=task, status=decision.status, followed=decision.followed, score=decision.score, record=record
        )


def _scores_by_task(campaign: Campaign) -> tuple[Scores, Scores, Scores]:
    """Every rater's score by task: votes, surplus labels, labels that were set aside."""
    labels, surplus, set_aside = Scores(dict), Scores(dict), Scores(dict)
    rows = (
        current_labels(campaign)
        .order_by("pk")
        .values_list(
            "assignment__task",
            "assignment__member__user__username",
            "assignment__is_surplus",
            "assignment__is_set_aside",
            "score",
        )
    )
    for task_id, rater, is_surplus, is_set_aside, score in rows:
        group = surplus if is_surplus else set_aside if is_set_aside else labels
        group[task_id][rater] = score
    return labels, surplus, set_aside


def _record(task: Task, decision: GoldDecision, baseline: str, by: Adjudication | None) -> GoldRecord:
    item = task.response.item
    preference = item.preference
    return GoldRecord(
        task=task.pk,
        run=item.run.name,
        model=item.run.model_name,
        method=item.run.method,
        setting=item.run.setting,
        position=item.position,
        question=item.question.text,
        options=item.question.options,
        gold_option=item.question.gold_option,
        source=item.question.source,
        category=item.question.category,
        preference=preference.text if preference else "",
        preference_category=preference.category if preference else "",
        baseline_response=baseline,
        personalised_response=task.response.text,
        followed=decision.followed,
        score=decision.score,
        status=decision.status,
        how=decision.rule,
        adjudicator=by.adjudicator.get_username() if by else "",
        rationale=by.rationale if by else "",
        inclusion_probability=task.inclusion_probability,
        labels={},
        surplus_labels={},
        set_aside_labels={},
        judges={},
    )
