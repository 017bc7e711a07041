"""Campaigns of imported items that judges can be asked about, made through the ORM."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from annotations.item_judging.services.control import JudgingPlan, start_judging
from annotations.item_judging.services.judges import ItemJudgeSpec, create_item_judge, next_version_of
from annotations.item_judging.services.judging import advance_judging
from annotations.item_judging.services.trials import try_item_judge
from annotations.models import Campaign, Criterion, ImportedItem, ImportedRating, ItemJudge, Member
from core.models import User
from evaluation.engine.calls.drain import drain
from evaluation.engine.steps.after_calls import advance_waiting
from evaluation.models import Completion, Endpoint
from perg.formats.rated_items import Block, Exhibit, dump_exhibit
from perg.rubrics.criterion import Criterion as Definition
from perg.rubrics.criterion import Option

_numbers = itertools.count(1)

CLARITY = Definition(
    key="clarity",
    question="How clear is the summary?",
    kind="ordinal",
    options=tuple(Option(key=str(level)) for level in range(1, 6)),
    fails_below=3,
)
FAITHFUL = Definition(key="faithful", question="Does the source support it?", kind="binary", failures=("no",))
TOPICS = Definition(
    key="topics",
    question="What is it about?",
    kind="multilabel",
    options=tuple(Option(key=key) for key in ("sport", "politics", "weather")),
)
BETTER = Definition(key="better", question="Which summary is better?", kind="pairwise", ties=True)
LENGTH = Definition(
    key="words_missing", question="How many facts are missing?", kind="numeric", lowest=0, highest=10
)
TONE = Definition(
    key="tone",
    question="Which tone has it?",
    kind="nominal",
    options=tuple(Option(key=key, label=key.title()) for key in ("dry", "warm", "rude")),
)


def item_campaign(
    *definitions: Definition, items: int = 6, leads: Sequence[User] = (), text: str = "A storm hit the coast."
) -> Campaign:
    """A campaign of imported items; with a pairwise criterion, each has two outputs."""
    campaign = Campaign.objects.create(
        name=f"items {next(_numbers)}", is_imported=True, status="closed", sample_size=max(items, 1), seed=0
    )
    Member.objects.bulk_create(Member(campaign=campaign, user=lead, role="lead") for lead in leads)
    position = itertools.count()
    for definition in definitions:
        Criterion.objects.bulk_create(_rows(campaign, definition, position))
    pairs = any(definition.kind == "pairwise" for definition in definitions)
    ImportedItem.objects.bulk_create(
        ImportedItem(
            campaign=campaign,
            external_id=f"item-{place}",
            position=place,
            exhibit=dump_exhibit(exhibit(place, pairs=pairs, text=text)),
        )
        for place in range(items)
    )
    return campaign


def exhibit(place: int, *, pairs: bool = False, text: str = "A storm hit the coast.") -> Exhibit:
    outputs = [(Block("text", f"{text} ({place}, first)"),)]
    outputs += [(Block("text", f"{text} ({place}, second)"),)] if pairs else []
    source = Block("text", f"Source {place}: winds reached 120 km/h.", "Source")
    return Exhibit(context=(source,), outputs=tuple(outputs))


def _rows(campaign: Campaign, definition: Definition, position: Any) -> list[Criterion]:
    # Any: a count
    dumped = definition.model_dump(mode="json")
    if definition.kind == "multilabel":
        return [
            Criterion(
                campaign=campaign,
                position=next(position),
                key=f"{definition.key}: {option.key}",
                part_of=definition.key,
                question=definition.question,
                definition=dumped,
                kind="binary",
                scale="nominal",
                categories=["no", "yes"],
            )
            for option in definition.options
        ]
    names = [option.key for option in definition.choices]
    return [
        Criterion(
            campaign=campaign,
            position=next(position),
            key=definition.key,
            question=definition.question,
            definition=dumped,
            kind=definition.kind,
            scale="nominal" if definition.kind == "pairwise" else definition.scale or "nominal",
            categories=names if definition.kind != "numeric" else None,
            threshold=definition.fails_below,
        )
    ]


def rate(campaign: Campaign, key: str, values: Mapping[int, str], *, by: str = "ann") -> None:
    """A person's ratings of items, by their places."""
    criterion = campaign.criteria.get(key=key)
    items = {item.position: item for item in campaign.imported_items.all()}
    ImportedRating.objects.bulk_create(
        ImportedRating(criterion=criterion, item=items[place], rater=by, kind="human", value=value)
        for place, value in values.items()
    )


def item_judge(campaign: Campaign, endpoint: Endpoint, *, name: str = "GPT", **spec: Any) -> ItemJudge:
    # Any: fields of the spec
    template = spec.pop("template", "{context}\n\n{output}\n\n{criteria}")
    made = ItemJudgeSpec(name=name, endpoint=endpoint, template=template, **spec)
    return create_item_judge(campaign=campaign, spec=made, actor=None)


def add_judges(like: Campaign) -> Campaign:
    """A campaign of items with the people of another one, a running and a new judge, and a test of one."""
    campaign = item_campaign(CLARITY, items=2)
    Member.objects.bulk_create(
        Member(campaign=campaign, user=member.user, role=member.role, is_active=member.is_active)
        for member in like.members.select_related("user")
    )
    endpoint = Endpoint.objects.create(
        name="judge of items", provider="openai", model="m", base_url="http://127.0.0.1:9/v1"
    )
    item_judge(campaign, endpoint, name="New")
    running = item_judge(campaign, endpoint, name="Running")
    start_judging(judge=running, plan=JudgingPlan(), actor=None)
    trial = try_item_judge(campaign=campaign, spec=next_version_of(running), item=None, actor=None)
    Completion.objects.filter(pk=trial.completion_id).update(
        status="succeeded", text='{"clarity": 4}', finished_at=timezone.now()
    )
    return campaign


def judge_items(judge: ItemJudge, **plan: Any) -> ItemJudge:
    """Start the judge, and do what workers do until nothing is left to do."""
    # Any: fields of the plan
    start_judging(judge=judge, plan=JudgingPlan(**plan), actor=None)
    return go_on(judge)


def go_on(judge: ItemJudge) -> ItemJudge:
    advance_judging(judge_id=judge.pk)
    drain(judge.endpoint, after_chunk=lambda: advance_waiting(judge.endpoint_id))
    advance_judging(judge_id=judge.pk)
    judge.refresh_from_db()
    return judge
