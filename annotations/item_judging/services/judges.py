"""Making a judge of imported items: a version that never changes."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max

from annotations.item_judging.selectors.judges import usable_endpoints
from annotations.item_judging.selectors.people_answers import MOST_EXAMPLES, Example, examples_of
from annotations.item_judging.selectors.questions import Question, questions_of
from annotations.item_judging.services.asking import Asking
from annotations.models import Campaign, ImportedItem, ImportedRating, ItemJudge
from annotations.models.item_judge import CallsFor, OutputOrder, ReplyForm
from core.audit.writing import record
from core.errors import Conflict, DomainError, NotAllowed, NotFound
from core.models import User
from core.names import check_name
from evaluation.endpoints.services.endpoints import missing_key
from evaluation.models import Endpoint
from perg.rubrics.judge_prompts import PromptText

MAX_NAME = 150
MAX_PROMPT = 100_000
MAX_REPLICATES = 20
MAX_TOKENS = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemJudgeSpec:
    """A judge to make; names are those of the model's fields. `criteria`: keys of the questions asked; none: all."""

    name: str
    endpoint: Endpoint
    template: str
    system: str = ""
    criteria: Sequence[str] = ()
    calls_for: str = CallsFor.ALL
    reply_form: str = ReplyForm.STRUCTURED
    reason_first: bool = True
    output_order: str = OutputOrder.DRAWN
    temperature: float | None = None
    max_tokens: int = 1024
    replicates: int = 1
    examples: Sequence[ImportedItem] = ()


@transaction.atomic
def create_item_judge(*, campaign: Campaign, spec: ItemJudgeSpec, actor: User | None) -> ItemJudge:
    """Make the next version of the judge of this name. Raises DomainError, with the field at fault; NotAllowed for who
    may not call models.
    """
    check_may_call(actor)
    asking = asking_by(campaign, spec, actor)
    name = " ".join(spec.name.split())
    if not 1 <= len(name) <= MAX_NAME:
        raise DomainError(f"A judge's name has 1 to {MAX_NAME} characters.", field="name")
    check_name(name)
    # One version after another, also of two people who press at the same moment.
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    latest = campaign.item_judges.filter(name=name).aggregate(latest=Max("version"))["latest"] or 0
    judge = ItemJudge(
        campaign=campaign,
        name=name,
        version=latest + 1,
        endpoint=spec.endpoint,
        system=spec.system,
        template=spec.template,
        questions=[question.model_dump(mode="json") for question in asking.questions],
        calls_for=spec.calls_for,
        reply_form=spec.reply_form,
        reason_first=spec.reason_first,
        output_order=spec.output_order,
        temperature=spec.temperature,
        max_tokens=spec.max_tokens,
        replicates=spec.replicates,
        example_answers={
            example.item.pk: {"answers": example.answers, "explanation": example.explanation}
            for example in asking.examples
        },
        created_by=actor,
    )
    _check_raters(campaign, judge)
    judge.save()
    judge.examples.set([example.item for example in asking.examples])
    record(
        "item_judge.created",
        actor=actor,
        scope=campaign,
        subject=judge,
        name=str(judge),
        endpoint=spec.endpoint.name,
        criteria=[question.key for question in asking.questions],
        replicates=spec.replicates,
        examples=len(asking.examples),
    )
    return judge


def asking_by(campaign: Campaign, spec: ItemJudgeSpec, actor: User | None) -> Asking:
    """How a judge of this spec asks. Raises DomainError, with the field at fault."""
    check_judged(campaign)
    _check(spec, actor)
    questions = _questions(campaign, spec)
    examples = _examples(campaign, spec, questions)
    return Asking(
        endpoint=spec.endpoint,
        prompt=PromptText(spec.system, spec.template),
        questions=questions,
        examples=examples,
        calls_for=spec.calls_for,
        reply_form=spec.reply_form,
        reason_first=spec.reason_first,
        temperature=spec.temperature,
        max_tokens=spec.max_tokens,
    )


def check_may_call(actor: User | None) -> None:
    """Let only those call models who may launch runs, and the server's own commands. Raises NotAllowed."""
    if actor is not None and not actor.is_staff:
        raise NotAllowed("Calling models costs money: only admins can do that.", code="admins_only")


def check_judged(campaign: Campaign) -> None:
    """Raise NotFound for a campaign whose responses are judged in their runs."""
    if not campaign.is_imported:
        raise NotFound("The responses of this campaign are judged in their runs.")


def check_callable(endpoint: Endpoint) -> None:
    """Raise DomainError where the endpoint cannot be called."""
    if missing := missing_key(endpoint):
        raise DomainError(missing, code="missing_key", field="endpoint")


def _check(spec: ItemJudgeSpec, actor: User | None) -> None:
    if not usable_endpoints(actor).filter(pk=spec.endpoint.pk).exists():
        raise DomainError("There is no such endpoint that could judge items.", field="endpoint")
    for name in ("system", "template"):
        text = getattr(spec, name)
        if len(text) > MAX_PROMPT or "\0" in text:
            raise DomainError(
                f"A prompt has at most {MAX_PROMPT:,} characters, none of them null.", field=name
            )
    if not spec.template.strip():
        raise DomainError("A judge needs a prompt.", field="template")
    if spec.temperature is not None and not 0 <= spec.temperature <= 2:
        raise DomainError("A temperature is from 0 to 2.", field="temperature")
    for name, most in (("max_tokens", MAX_TOKENS), ("replicates", MAX_REPLICATES)):
        if not 1 <= getattr(spec, name) <= most:
            raise DomainError(f"This is a number from 1 to {most:,}.", field=name)
    for name, choices in (
        ("calls_for", CallsFor),
        ("reply_form", ReplyForm),
        ("output_order", OutputOrder),
    ):
        if getattr(spec, name) not in choices.values:
            raise DomainError(f"This is one of {', '.join(choices.values)}.", field=name)


def _questions(campaign: Campaign, spec: ItemJudgeSpec) -> list[Question]:
    questions = questions_of(campaign)
    known = {question.key for question in questions}
    if unknown := [key for key in spec.criteria if key not in known]:
        raise DomainError(f"The campaign has no criterion “{unknown[0][:100]}”.", field="criteria")
    chosen = [question for question in questions if not spec.criteria or question.key in spec.criteria]
    if not chosen:
        raise DomainError("The campaign has no criterion that could be asked.", field="criteria")
    return chosen


def _examples(campaign: Campaign, spec: ItemJudgeSpec, questions: Sequence[Question]) -> list[Example]:
    if len(spec.examples) > MOST_EXAMPLES:
        raise DomainError(f"At most {MOST_EXAMPLES} examples can be shown.", field="examples")
    items = sorted(set(spec.examples), key=lambda item: item.position)
    if any(item.campaign_id != campaign.pk for item in items):
        raise DomainError("An example is an item of the campaign.", field="examples")
    examples = examples_of(items, questions)
    usable = {example.item for example in examples}
    if others := [item.external_id for item in items if item not in usable]:
        raise DomainError(
            f"People have not answered all that is asked of “{others[0][:100]}”, so it cannot be an example.",
            field="examples",
        )
    return examples


def _check_raters(campaign: Campaign, judge: ItemJudge) -> None:
    """Raise Conflict where somebody else's ratings have the name of this judge."""
    ratings = ImportedRating.objects.filter(criterion__campaign=campaign, rater__in=judge.raters)
    if rater := ratings.values_list("rater", flat=True).first():
        raise Conflict(
            f"The campaign has ratings by “{rater}” already. Give the judge another name.",
            code="name_taken",
            field="name",
        )


def next_version_of(judge: ItemJudge) -> ItemJudgeSpec:
    """The spec by which a judge was made, to change something in it."""
    return ItemJudgeSpec(
        name=judge.name,
        endpoint=judge.endpoint,
        system=judge.system,
        template=judge.template,
        criteria=[question["definition"]["key"] for question in judge.questions],
        calls_for=judge.calls_for,
        reply_form=judge.reply_form,
        reason_first=judge.reason_first,
        output_order=judge.output_order,
        temperature=judge.temperature,
        max_tokens=judge.max_tokens,
        replicates=judge.replicates,
        examples=list(judge.examples.order_by("position")),
    )
