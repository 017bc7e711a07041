"""A campaign of imported ratings with several criteria, for tests; made without a file."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from annotations.models import Campaign, Criterion, ImportedItem, ImportedRating, Member
from annotations.models.campaign import CampaignStatus, Role
from core.models import User

HOSTILE = "tone/“<b>&'\"?criterion=correct#x"
"""A key that is text of the file's owner: markup, and what has a meaning in addresses."""

CRITERIA: Mapping[str, dict[str, Any]] = {
    "correct": {
        "question": "Is the answer <i>correct</i>?",
        "kind": "binary",
        "scale": "nominal",
        "categories": ["no", "yes"],
        "failure_labels": ["no"],
    },
    HOSTILE: {
        "kind": "ordinal",
        "scale": "ordinal",
        "categories": ["1", "2", "3", "4", "5"],
        "threshold": 3.0,
    },
    "topics: safety": {
        "part_of": "topics",
        "kind": "binary",
        "scale": "nominal",
        "categories": ["yes", "no"],
        "failure_labels": ["yes"],
    },
    "topics: money": {"part_of": "topics", "kind": "binary", "scale": "nominal", "categories": ["yes", "no"]},
    "length": {"kind": "numeric", "scale": "interval"},
}
"""One of each kind, two of them labels of one question; no failure is stated for the last two."""

PEOPLE, JUDGES = ("ann", "bob", "cal"), ("gpt", "<dice>")


def campaign_of_criteria(
    criteria: Mapping[str, dict[str, Any]] = CRITERIA,
    *,
    items: int = 60,
    lead: User | None = None,
    name: str = "several",
) -> Campaign:
    """Three people who mostly agree, a judge that mostly agrees with them, and one that rolls dice."""
    campaign = Campaign.objects.create(
        name=name,
        is_imported=True,
        status=CampaignStatus.CLOSED,
        overlap=1,
        max_overlap=1,
        sample_size=items,
        seed=0,
        created_by=lead,
    )
    if lead is not None:
        Member.objects.create(campaign=campaign, user=lead, role=Role.LEAD)
    rows = ImportedItem.objects.bulk_create(
        ImportedItem(campaign=campaign, external_id=f"q{n}", position=n, attributes={"source": "ab"[n % 2]})
        for n in range(items)
    )
    for position, (key, meaning) in enumerate(criteria.items()):
        criterion = Criterion.objects.create(campaign=campaign, key=key, position=position, **meaning)
        rate(criterion, rows, seed=position)
    return campaign


def rate(criterion: Criterion, items: Sequence[ImportedItem], *, seed: int = 0) -> None:
    """Ratings of the items by all raters."""
    rng = np.random.default_rng(seed)
    values = criterion.categories or ["0.5", "1", "2.25", "7"]
    ratings = []
    for item in items:
        truth = int(rng.integers(len(values)))
        for rater in (*PEOPLE, *JUDGES):
            errs = rng.random() < (1 if rater == "<dice>" else 0.08)
            value = values[int(rng.integers(len(values)))] if errs else values[truth]
            kind = "human" if rater in PEOPLE else "judge"
            ratings.append(
                ImportedRating(criterion=criterion, item=item, rater=rater, kind=kind, value=value)
            )
    ImportedRating.objects.bulk_create(ratings)
