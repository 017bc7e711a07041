"""Judges of imported items, and what they are asked to do."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from annotations.item_judging.selectors.judges import (
    CriterionCount,
    JudgingProgress,
    Unanswered,
    usable_endpoints,
)
from annotations.item_judging.selectors.people_answers import MOST_EXAMPLES
from annotations.item_judging.services.estimate import JudgingEstimate
from annotations.item_judging.services.judges import (
    MAX_NAME,
    MAX_PROMPT,
    MAX_REPLICATES,
    MAX_TOKENS,
)
from annotations.item_judging.services.trials import AnswerShown
from annotations.models import ImportedItem, ItemJudge, ItemJudgeTrial, ItemJudgment
from annotations.models.item_judge import CallsFor, ItemJudgmentState, OutputOrder, ReplyForm
from core.api.dataclass_serializer import DataclassSerializer
from core.api.queries import LARGEST_INTEGER, ListQuery
from core.api.row_serializer import RowSerializer
from core.api.strict import StrictSerializer
from evaluation.judges.serializers.trials import MessageSerializer
from evaluation.models import Endpoint
from evaluation.runs.serializers.runs import LEAST_MONEY

LONGEST_ID = 400


class EndpointToCall(serializers.SlugRelatedField[Endpoint]):
    """One that the caller may have judge items; any other does not exist for them."""

    def get_queryset(self) -> QuerySet[Endpoint]:
        return usable_endpoints(self.context["person"])


class ItemOfCampaign(serializers.SlugRelatedField[ImportedItem]):
    """An item of the campaign, by its own id."""

    def get_queryset(self) -> QuerySet[ImportedItem]:
        items: QuerySet[ImportedItem] = self.context["campaign"].imported_items.all()
        return items


class NewItemJudgeSerializer(StrictSerializer[Any]):
    """A judge to make, as the next version of those of its name. Without a template, the criteria make the prompt.

    Places of prompts: `{context}`, `{output}` (of pairs `{output_a}` and `{output_b}`), `{reference}`, `{criteria}`,
    `{form}`, and the headings of the context.
    """

    name = serializers.CharField(max_length=MAX_NAME)
    endpoint = EndpointToCall(slug_field="name", queryset=Endpoint.objects.all(), help_text="Its name.")
    system = serializers.CharField(
        max_length=MAX_PROMPT, required=False, default="", allow_blank=True, trim_whitespace=False
    )
    template = serializers.CharField(
        max_length=MAX_PROMPT, required=False, default="", allow_blank=True, trim_whitespace=False
    )
    criteria = serializers.ListField(
        child=serializers.CharField(max_length=120),
        required=False,
        default=list,
        max_length=1000,
        help_text="Keys of what is asked; empty: all.",
    )
    calls_for = serializers.ChoiceField(CallsFor.choices, required=False, default=CallsFor.ALL)
    reply_form = serializers.ChoiceField(ReplyForm.choices, required=False, default=ReplyForm.STRUCTURED)
    reason_first = serializers.BooleanField(required=False, default=True)
    output_order = serializers.ChoiceField(OutputOrder.choices, required=False, default=OutputOrder.DRAWN)
    temperature = serializers.FloatField(
        min_value=0, max_value=2, required=False, allow_null=True, default=None
    )
    max_tokens = serializers.IntegerField(min_value=1, max_value=MAX_TOKENS, required=False, default=1024)
    replicates = serializers.IntegerField(min_value=1, max_value=MAX_REPLICATES, required=False, default=1)
    examples = serializers.ListField(
        child=ItemOfCampaign(slug_field="external_id", queryset=ImportedItem.objects.all()),
        required=False,
        default=list,
        max_length=MOST_EXAMPLES,
        help_text="Ids of labelled items that are shown with people's answers, and never judged.",
    )


class ItemJudgeToTrySerializer(NewItemJudgeSerializer):
    """A judge to look at or to try, and the item; without one, the first."""

    item = ItemOfCampaign(
        slug_field="external_id",
        queryset=ImportedItem.objects.all(),
        required=False,
        allow_null=True,
        default=None,
    )


class ItemJudgeSerializer(RowSerializer[ItemJudge]):
    """A judge of a campaign's items, and how far it is. Money in US dollars. `rater` names its ratings."""

    endpoint = serializers.CharField(source="endpoint.name")
    rater = serializers.CharField(source="__str__")
    criteria = serializers.SerializerMethodField()
    created_by = serializers.SlugRelatedField[ItemJudge](
        slug_field="username", read_only=True, allow_null=True
    )

    class Meta:
        model = ItemJudge
        fields = [
            "id",
            "name",
            "version",
            "rater",
            "endpoint",
            "criteria",
            "calls_for",
            "reply_form",
            "reason_first",
            "output_order",
            "temperature",
            "max_tokens",
            "replicates",
            "state",
            "stop_reason",
            "money_budget",
            "call_budget",
            "calls",
            "spent",
            "reserved",
            "created_by",
            "created_at",
            "finished_at",
        ]

    def get_criteria(self, judge: ItemJudge) -> list[str]:
        return [question["definition"]["key"] for question in judge.questions]


class ItemJudgeDetailSerializer(ItemJudgeSerializer):
    """A judge with its prompt, and the items that it is shown as examples."""

    examples = serializers.SerializerMethodField()

    class Meta(ItemJudgeSerializer.Meta):
        fields = [*ItemJudgeSerializer.Meta.fields, "system", "template", "examples"]

    def get_examples(self, judge: ItemJudge) -> list[str]:
        return list(judge.examples.order_by("position").values_list("external_id", flat=True))


class CriterionCountSerializer(DataclassSerializer[CriterionCount]):
    """Answers that a judge gave to a criterion, and failed to give."""

    dataclass = CriterionCount


class UnansweredSerializer(DataclassSerializer[Unanswered]):
    """Why calls brought no answer, or not all. `error_code`: of a call that failed."""

    dataclass = Unanswered
    error_code = serializers.CharField(allow_blank=True)
    can_be_retried = serializers.BooleanField()


class JudgingProgressSerializer(DataclassSerializer[JudgingProgress]):
    """How many calls of a judge are in which state."""

    dataclass = JudgingProgress
    left_out = ("judge",)
    state = serializers.CharField(source="judge.state")
    total = serializers.IntegerField()


class JudgingDetailSerializer(JudgingProgressSerializer):
    """The same, with the answers to each criterion, and what went wrong."""

    criteria = CriterionCountSerializer(many=True)
    unanswered_by_reason = UnansweredSerializer(many=True)


class ItemJudgmentSerializer(RowSerializer[ItemJudgment]):
    """A call of a judge. `unanswered` names the criteria without an answer, `reason` says why."""

    item = serializers.CharField(source="item.external_id")
    reply = serializers.CharField(source="completion.text", default="", allow_blank=True)
    cost = serializers.DecimalField(
        source="completion.cost", max_digits=14, decimal_places=8, default=None, allow_null=True
    )
    unanswered = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = ItemJudgment
        fields = [
            "id",
            "item",
            "criterion",
            "replicate",
            "swapped",
            "state",
            "unanswered",
            "reason",
            "explanation",
            "reply",
            "cost",
            "settled_at",
        ]


class ItemJudgmentQuery(ListQuery):
    state = serializers.ChoiceField(ItemJudgmentState.choices, required=False)


class RequestSerializer(serializers.Serializer[Any]):
    """A call as it is sent."""

    messages = MessageSerializer(many=True)
    response_format = serializers.ChoiceField(["text", "json_schema", "tool"])
    response_schema = serializers.CharField(allow_blank=True, help_text="As JSON text.")


class ItemJudgePreviewSerializer(serializers.Serializer[Any]):
    """The first call on an item; `calls` for each item in all; `problems` of the prompt in words."""

    item = serializers.CharField(source="item.external_id")
    request = RequestSerializer()
    calls = serializers.IntegerField()
    problems = serializers.ListField(child=serializers.CharField())


class AnswerShownSerializer(DataclassSerializer[AnswerShown]):
    """How an answer was read, or why there is none."""

    dataclass = AnswerShown


class ItemJudgeTrialSerializer(serializers.Serializer[ItemJudgeTrial]):
    """A test: what is sent, what came back, and how that is read; ask again while `finished_at` is null."""

    id = serializers.IntegerField()
    item = serializers.CharField(source="item.external_id")
    endpoint = serializers.CharField(source="completion.endpoint.name")
    messages = MessageSerializer(source="completion.request.messages", many=True)
    status = serializers.CharField(source="completion.status")
    text = serializers.CharField(source="completion.text", allow_blank=True)
    error_code = serializers.CharField(source="completion.error_code", allow_blank=True)
    error_message = serializers.CharField(source="completion.error_message", allow_blank=True)
    cost = serializers.DecimalField(
        source="completion.cost", max_digits=14, decimal_places=8, allow_null=True
    )
    finished_at = serializers.DateTimeField(source="completion.finished_at", allow_null=True)
    answers = AnswerShownSerializer(many=True, source="read_answers")


class JudgingPlanSerializer(StrictSerializer[Any]):
    """What to judge; null: all items, no limit."""

    labelled_only = serializers.BooleanField(required=False, default=False)
    sample_size = serializers.IntegerField(
        min_value=1, max_value=LARGEST_INTEGER, required=False, allow_null=True, default=None
    )
    money_budget = serializers.DecimalField(
        max_digits=12,
        decimal_places=4,
        min_value=LEAST_MONEY,
        required=False,
        allow_null=True,
        default=None,
    )
    call_budget = serializers.IntegerField(
        min_value=1, max_value=LARGEST_INTEGER, required=False, allow_null=True, default=None
    )


class JudgingEstimateSerializer(DataclassSerializer[JudgingEstimate]):
    """What a plan will take. Tokens are guesses; `cost` is null where the endpoint is unpriced."""

    dataclass = JudgingEstimate


class RetrySerializer(StrictSerializer[Any]):
    """For which reason an answer lacks, as in `unanswered_by_reason`; empty: for any. Only `retry` takes it."""

    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
