"""The whole story of an item: what was asked, what came back, how it was read, and what judges said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from core.errors import NotFound
from evaluation.models import Completion, Item, ItemCall, Judgment, Preference, Response
from evaluation.models.item import Condition
from evaluation.stages.plan import RunOptions, Stage

IN_ORDER = {stage.value: number for number, stage in enumerate(Stage)}


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was made for the item: in which stage, with what, and how it ended."""

    name: str
    completion: Completion

    @property
    def messages(self) -> list[Mapping[str, str]]:
        """What was sent, as the model saw it."""
        sent: list[Mapping[str, str]] = self.completion.request.get("messages", [])
        return sent

    @property
    def sampling(self) -> dict[str, object]:
        """The rest of the request, where it says something."""
        return {
            name: value
            for name, value in self.completion.request.items()
            if name not in {"messages", "response_schema"} and value not in (None, "", 1, "text")
        }


@dataclass(frozen=True, slots=True)
class ResponseStory:
    """One of the two responses; None where there is none yet."""

    name: str
    response: Response | None
    is_right: bool

    @property
    def how_read(self) -> str:
        """How the option letter was found, in words."""
        if self.response is None:
            return ""
        how = self.response.get_extraction_display()
        return f"{how}: {self.response.extraction_rule}" if self.response.extraction_rule else how


@dataclass(frozen=True, slots=True)
class JudgmentStory:
    """A judgment with the calls behind it: the last is the one that it was read from."""

    judgment: Judgment
    followed: bool | None
    calls: list[Call]


@dataclass(frozen=True, slots=True)
class ItemStory:
    """Everything that the evaluation knows of an item."""

    item: Item
    told: Sequence[Preference]
    responses: list[ResponseStory]
    calls: list[Call]
    judgments: list[JudgmentStory]
    previous: int | None
    next: int | None

    @property
    def personalised(self) -> Response | None:
        return self.responses[1].response


def story_item(item_id: int) -> Item:
    """An item with what its story begins with. Raises NotFound."""
    item = (
        Item.objects.select_related(
            "run__endpoint", "run__aligner", "run__extractor", "run__dataset", "question", "preference"
        )
        .filter(pk=item_id)
        .first()
    )
    if item is None:
        raise NotFound("There is no such item.")
    return item


def item_story(item: Item) -> ItemStory:
    """The story of an item, in a few queries however much there is of it."""
    responses = {
        response.condition: response for response in item.responses.select_related("completion__endpoint")
    }
    calls = ItemCall.objects.filter(item=item).select_related("completion__endpoint")
    beside = Item.objects.filter(run=item.run_id).order_by("position")
    return ItemStory(
        item=item,
        told=_told(item),
        responses=[
            _response(item, Condition(condition), responses.get(condition)) for condition in Condition.values
        ],
        calls=[
            Call(call.stage, call.completion)
            for call in sorted(calls, key=lambda call: IN_ORDER.get(call.stage, len(IN_ORDER)))
        ],
        judgments=_judgments(item),
        previous=beside.filter(position__lt=item.position).values_list("pk", flat=True).last(),
        next=beside.filter(position__gt=item.position).values_list("pk", flat=True).first(),
    )


def _response(item: Item, condition: Condition, response: Response | None) -> ResponseStory:
    right = response is not None and response.answer == item.question.gold_option
    return ResponseStory(str(condition.label), response, right)


def _told(item: Item) -> list[Preference]:
    """The preferences in the order in which the model was told them."""
    irrelevant = [shown.preference for shown in item.shown_irrelevant.select_related("preference")]
    if item.preference is None:
        return irrelevant
    position = RunOptions.model_validate(item.run.options).relevant_position if item.run.options else None
    place = len(irrelevant) // 2 if position is None else min(position - 1, len(irrelevant))
    return [*irrelevant[:place], item.preference, *irrelevant[place:]]


def _judgments(item: Item) -> list[JudgmentStory]:
    judgments = (
        Judgment.objects.filter(Q(response__item=item))
        .select_related("judge__rubric", "completion__endpoint", "first_completion__endpoint")
        .order_by("judge__name", "replicate")
    )
    return [_judgment(judgment) for judgment in judgments]


def _judgment(judgment: Judgment) -> JudgmentStory:
    calls = [
        Call(name, completion)
        for name, completion in (
            ("first reply, unreadable", judgment.first_completion),
            ("asked again" if judgment.first_completion else "asked", judgment.completion),
        )
        if completion is not None
    ]
    return JudgmentStory(judgment, judgment.judge.followed(judgment.score), calls)
