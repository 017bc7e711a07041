"""Looking at a judge before there is one: its prompt filled for an item, and one call that is made at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from annotations.item_judging.selectors.people_answers import Example
from annotations.item_judging.selectors.questions import Question
from annotations.item_judging.services.asking import Asking, why_not_asked
from annotations.item_judging.services.judges import (
    ItemJudgeSpec,
    asking_by,
    check_callable,
    check_may_call,
)
from annotations.item_judging.services.settling import Verdicts, verdicts_of
from annotations.models import Campaign, ImportedItem, ItemJudgeTrial
from core.audit.writing import record
from core.errors import DomainError, NotFound
from core.models import User
from evaluation.endpoints.services.waking import wake_drain
from evaluation.engine.calls.completions import enqueue_completions
from evaluation.judges.services.trials import trial_replicate
from evaluation.llm.requests import ChatRequest
from perg.formats.rated_items import load_exhibit
from perg.rubrics.answers import Answer, option_keys
from perg.rubrics.criterion import Criterion as Definition
from perg.rubrics.judge_prompts import prompt_problems

LOOKED_AT = 50
"""Items by which a prompt is checked."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The first call that a judge would make on an item; `calls`: how many it makes of each."""

    item: ImportedItem
    request: ChatRequest
    calls: int
    problems: Sequence[str]
    examples: Sequence[Example]


def preview_item_judge(
    *, campaign: Campaign, spec: ItemJudgeSpec, item: ImportedItem | None, actor: User | None
) -> Preview:
    """What a judge of this spec would send; nothing is called.

    Raises DomainError, with the field at fault; NotAllowed for who may not call models.
    """
    check_may_call(actor)
    asking = asking_by(campaign, spec, actor)
    item, call = _item_to_show(campaign, asking, item), next(iter(asking.calls))
    items = campaign.imported_items.exclude(exhibit={}).order_by("position")[:LOOKED_AT]
    exhibits = [load_exhibit(other.exhibit) for other in items]
    problems = prompt_problems(asking.prompt, exhibits, asking.definitions(call))
    if reason := why_not_asked(load_exhibit(item.exhibit), asking.calls[call]):
        problems = [f"This item cannot be judged: {reason}.", *problems]
    request = asking.request(load_exhibit(item.exhibit), call)
    return Preview(item, request, len(asking.calls), problems, asking.examples)


@transaction.atomic
def try_item_judge(
    *, campaign: Campaign, spec: ItemJudgeSpec, item: ImportedItem | None, actor: User | None
) -> ItemJudgeTrial:
    """Ask once, about one item, as a judge of this spec would in its first call. No rating is written.

    Raises DomainError, with the field at fault; NotAllowed for who may not call models.
    """
    check_may_call(actor)
    check_callable(spec.endpoint)
    asking = asking_by(campaign, spec, actor)
    item, call = _item_to_show(campaign, asking, item), next(iter(asking.calls))
    exhibit = load_exhibit(item.exhibit)
    if reason := why_not_asked(exhibit, asking.calls[call]):
        raise DomainError(f"This item cannot be judged: {reason}.", field="item")
    request = replace(asking.request(exhibit, call), replicate=trial_replicate())
    (completion,) = enqueue_completions(spec.endpoint, [request], run=None).values()
    trial = ItemJudgeTrial.objects.create(
        campaign=campaign,
        item=item,
        completion=completion,
        questions=[
            question.model_copy(update={"definition": definition}).model_dump(mode="json")
            for question, definition in zip(asking.calls[call], asking.definitions(call), strict=True)
        ],
        created_by=actor,
    )
    wake_drain(spec.endpoint.pk)
    record(
        "item_judge.tested",
        actor=actor,
        scope=campaign,
        subject=trial,
        endpoint=spec.endpoint.name,
        item=item.external_id,
        call=completion.pk,
    )
    return trial


def trial_of(campaign: Campaign, trial_id: int) -> ItemJudgeTrial:
    """A test in a campaign. Raises NotFound."""
    trials = campaign.item_judge_trials.select_related("item", "completion__endpoint")
    trial = trials.filter(pk=trial_id).first()
    if trial is None:
        raise NotFound("There is no such test.")
    return trial


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """How the answer to a criterion was read: in words, or why there is none. Both empty: it was not to be asked."""

    key: str
    answer: str
    reason: str


def answers_in(trial: ItemJudgeTrial) -> list[AnswerShown]:
    """How the reply to a test is read; empty while there is none."""
    if trial.completion.finished_at is None:
        return []
    definitions = [Question.model_validate(question).definition for question in trial.questions]
    verdicts = verdicts_of(trial.completion, definitions)
    return [_shown(definition, verdicts) for definition in definitions]


def _shown(definition: Definition, verdicts: Verdicts) -> AnswerShown:
    read = verdicts.answers.get(definition.key)
    if read is None:
        return AnswerShown(definition.key, "", "")
    if read.answer is None:
        return AnswerShown(definition.key, "", read.unscored_reason)
    return AnswerShown(definition.key, answer_in_words(definition, read.answer), "")


def answer_in_words(definition: Definition, answer: Answer) -> str:
    """An answer as its options' labels, a number or a text."""
    if definition.kind in ("numeric", "text"):
        return answer if isinstance(answer, str) else f"{answer:g}"
    shown = {option.key: option.shown for option in definition.choices}
    return ", ".join(shown[key] for key in option_keys(definition, float(answer))) or "none of the labels"


def _item_to_show(campaign: Campaign, asking: Asking, item: ImportedItem | None) -> ImportedItem:
    """The item, or the first that is no example and can be judged. Raises DomainError where the campaign has none."""
    if item is not None:
        return item
    examples = [example.item.pk for example in asking.examples]
    others = campaign.imported_items.exclude(pk__in=examples).order_by("position")
    first = others.exclude(exhibit={}).first() or others.first()
    if first is None:
        raise DomainError("The campaign has no item that is not an example.", field="item")
    return first
