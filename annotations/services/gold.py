"""Releasing gold: an immutable snapshot of what the labels say, with every rater's score."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TypedDict

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max

from annotations.agreement.gold import GoldDecision, majority
from annotations.models import Campaign, GoldLabel, GoldRelease, Task
from annotations.selectors.labels import current_labels, judge_scores
from evaluation import __version__
from evaluation.errors import Conflict
from evaluation.models import Response
from evaluation.models.item import Condition


class GoldRecord(TypedDict):
    """One exported line: the item, the gold and how it came about, and every rater's score."""

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
    labels: dict[str, int]
    surplus_labels: dict[str, int]
    judges: dict[str, int]


@transaction.atomic
def release_gold(*, campaign: Campaign, created_by: User | None = None) -> GoldRelease:
    """A numbered release of the campaign's gold by majority, as the labels are now; ties are unresolved.

    Surplus labels are exported but have no vote. Raises Conflict where nothing is labelled yet.
    """
    # One release at a time: the number is the next one, and the snapshot is of one moment.
    Campaign.objects.select_for_update().get(pk=campaign.pk)
    drafts = list(_gold_labels(campaign))
    if not any(label.record["labels"] for label in drafts):
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
    """Unsaved gold labels of all tasks, in the order of the runs."""
    labels: defaultdict[int, dict[str, int]] = defaultdict(dict)
    surplus: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for task_id, rater, is_surplus, score in (
        current_labels(campaign)
        .order_by("pk")
        .values_list(
            "assignment__task", "assignment__member__user__username", "assignment__is_surplus", "score"
        )
    ):
        (surplus if is_surplus else labels)[task_id][rater] = score
    judges: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for task_id, judge, score in judge_scores(campaign):
        judges[task_id][judge] = score
    tasks = campaign.tasks.select_related(
        "response__item__question", "response__item__preference", "response__item__run__endpoint"
    ).order_by("response__item__run", "response__item__position")
    baselines = dict(
        Response.objects.filter(
            item__responses__tasks__campaign=campaign, condition=Condition.BASELINE
        ).values_list("item", "text")
    )
    for task in tasks:
        decision = majority(list(labels[task.pk].values()), threshold=campaign.threshold)
        record = _record(task, decision, baselines.get(task.response.item_id, ""))
        record |= {"labels": labels[task.pk], "surplus_labels": surplus[task.pk], "judges": judges[task.pk]}
        yield GoldLabel(
            task=task, status=decision.status, followed=decision.followed, score=decision.score, record=record
        )


def _record(task: Task, decision: GoldDecision, baseline: str) -> GoldRecord:
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
        labels={},
        surplus_labels={},
        judges={},
    )
