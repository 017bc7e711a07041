"""Campaigns of imported items for tests, with criteria of every kind, as an import leaves them."""

import itertools
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from annotations.campaigns.services.begin_labelling import LabellingSpec, begin_labelling
from annotations.labelling.services.assignment import claim_task
from annotations.labelling.services.labels import submit_label
from annotations.labelling.services.skips import flag_task
from annotations.models import Assignment, Campaign, Criterion, ImportedItem, ImportedRating, Member
from annotations.models.campaign import CampaignStatus, Role
from core.models import User
from perg.formats.rated_items import Block, Exhibit, dump_exhibit
from perg.rubrics.criterion import Criterion as Definition
from tests import build

_numbers = itertools.count(1)

SAFE = Definition.model_validate(
    {"key": "safe", "question": "Is it safe?", "kind": "binary", "cannot_tell": True, "failures": ["no"]}
)
HELPFUL = Definition.model_validate(
    {
        "key": "helpful",
        "question": "How helpful is it?",
        "instructions": "Think of **who asked**.",
        "kind": "ordinal",
        "options": [
            {"key": "bad", "label": "Not helpful", "anchor": "It misses the point."},
            {"key": "fair", "label": "Somewhat"},
            {"key": "good", "label": "Very helpful"},
        ],
        "fails_below": 2,
    }
)
TOPIC = Definition.model_validate(
    {"key": "topic", "kind": "nominal", "options": [{"key": "law"}, {"key": "health"}, {"key": "other"}]}
)
ERRORS = Definition.model_validate(
    {
        "key": "errors",
        "question": "Which errors are in it?",
        "kind": "multilabel",
        "options": [
            {"key": "facts", "label": "Wrong facts"},
            {"key": "style"},
            {"key": "cut", "label": "Cut off"},
        ],
        "required": False,
    }
)
BETTER = Definition.model_validate(
    {"key": "better", "question": "Which is better?", "kind": "pairwise", "both_bad": True}
)
LENGTH = Definition.model_validate(
    {
        "key": "percent",
        "question": "How much of it is true?",
        "kind": "numeric",
        "lowest": 0,
        "highest": 100,
        "step": 5,
    }
)
WHY = Definition.model_validate(
    {
        "key": "why",
        "question": "Why is it not safe?",
        "kind": "text",
        "only_if": {"criterion": "safe", "answers": ["no"]},
    }
)
EVERY_KIND = (SAFE, HELPFUL, TOPIC, ERRORS, BETTER, LENGTH, WHY)

PAIR = ((Block("markdown", "The **first** one."),), (Block("markdown", "The second one."),))


def rows_of(campaign: Campaign, definitions: Sequence[Definition]) -> list[Criterion]:
    """The rows of criteria, as an import writes them."""
    rows: list[dict[str, Any]] = []
    for definition in definitions:
        row = {
            "key": definition.key,
            "question": definition.question,
            "definition": definition.model_dump(mode="json"),
            "kind": definition.kind,
            "scale": "nominal" if definition.kind == "pairwise" else definition.scale or "nominal",
            "categories": _categories(definition),
            "threshold": definition.fails_below,
        }
        if definition.kind == "multilabel":
            label = {
                "kind": "binary",
                "scale": "nominal",
                "categories": ["no", "yes"],
                "part_of": definition.key,
            }
            rows += [row | label | {"key": f"{definition.key}:{option.key}"} for option in definition.options]
        else:
            rows.append(row)
    return Criterion.objects.bulk_create(
        Criterion(campaign=campaign, position=place, **row) for place, row in enumerate(rows)
    )


def _categories(definition: Definition) -> list[str] | None:
    """The options' keys; of levels without numbers, whose values are places, what people read."""
    if definition.kind == "ordinal" and not definition.options[0].key.isdigit():
        return [option.shown for option in definition.options]
    return [choice.key for choice in definition.choices] or None


def imported_campaign(
    definitions: Sequence[Definition] = (SAFE,),
    *,
    items: int = 3,
    pairs: bool = False,
    rated_by: Mapping[str, int] | None = None,
    lead: User | None = None,
) -> Campaign:
    """Items with texts and these criteria; `rated_by`: how many of the first items each person rated by the first."""
    number = next(_numbers)
    campaign = Campaign.objects.create(
        name=f"items {number} {build.next_number()}",
        is_imported=True,
        status=CampaignStatus.CLOSED,
        overlap=1,
        max_overlap=1,
        sample_size=items,
        seed=0,
    )
    if lead is not None:
        Member.objects.create(campaign=campaign, user=lead, role=Role.LEAD)
    rows = rows_of(campaign, definitions)
    made = ImportedItem.objects.bulk_create(
        ImportedItem(
            campaign=campaign,
            external_id=f"gpt-4o_{place}",
            position=place,
            exhibit=dump_exhibit(
                Exhibit(
                    context=(Block("markdown", f"Question {place} of {number}: what is it?"),),
                    outputs=PAIR if pairs else (PAIR[0],),
                )
            ),
        )
        for place in range(items)
    )
    ImportedRating.objects.bulk_create(
        ImportedRating(criterion=rows[0], item=item, rater=rater, kind="human", value="yes")
        for rater, many in (rated_by or {}).items()
        for item in made[:many]
    )
    return campaign


def labelled_campaign(
    definitions: Sequence[Definition] = (SAFE,),
    people: Sequence[User] = (),
    *,
    items: int = 3,
    labels_per_item: int = 1,
    pairs: bool = False,
    **more: Any,
) -> Campaign:
    """The same, with labelling begun: by `people`, or one whom nobody knows."""
    admin = build.person(staff=True)
    campaign = imported_campaign(definitions, items=items, pairs=pairs, **more)
    spec = LabellingSpec(
        criteria=[definition.key for definition in definitions],
        labels_per_item=labels_per_item,
        annotators=people or [build.person()],
        seed=1,
    )
    return begin_labelling(campaign=campaign, spec=spec, actor=admin)


def claimed(campaign: Campaign, position: int = 0) -> Assignment:
    """The next task of one of its people."""
    member = campaign.members.order_by("pk")[position]
    assignment = claim_task(member=member)
    assert assignment is not None
    return Assignment.objects.get(pk=assignment.pk)


def label_one(campaign: Campaign, person: User) -> None:
    """A label and a flag by the person on their next item, of a campaign with every kind of criterion."""
    member = campaign.members.get(user=person)
    assignment = claim_task(member=member)
    assert assignment is not None
    answers = {
        "safe": "no",
        "helpful": "fair",
        "topic": "law",
        "errors": ["cut"],
        "better": "tie",
        "percent": 40,
    }
    submit_label(
        assignment=assignment,
        answers=answers | {"why": "It tells how."},
        comment="A hard one.",
        submission_key=uuid.uuid4(),
    )
    flag_task(assignment=assignment, reason="other", note="Is this meant?")
