"""Items with their responses and judgments."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.dataclass_serializer import DataclassSerializer
from core.api.queries import ListQuery, id_filter
from evaluation.models import Item, Judgment, Preference, Response
from evaluation.models.item import Condition, Extraction, ItemStatus
from evaluation.models.judgment import JudgmentStatus
from evaluation.results.selectors.run_items import SETS, Verdict

NARROWING = ("run", "item", "question", "response")


class ItemSerializer(serializers.ModelSerializer[Item]):
    """One question in a run, with the relevant preference that the model was told (none in `irrelevant`)."""

    class Meta:
        model = Item
        fields = ["id", "run", "position", "question", "preference", "status", "failure"]
        read_only_fields = fields


class ResponseSerializer(serializers.ModelSerializer[Response]):
    """What the model wrote; `answer` is the option letter that it commits to, empty where none was found."""

    run = serializers.IntegerField(source="item.run_id", read_only=True)
    question = serializers.IntegerField(source="item.question_id", read_only=True)

    class Meta:
        model = Response
        fields = [
            "id",
            "run",
            "item",
            "question",
            "condition",
            "text",
            "answer",
            "extraction",
            "extraction_rule",
            "thoughts",
            "fell_back",
        ]
        read_only_fields = fields


class JudgmentSerializer(serializers.ModelSerializer[Judgment]):
    """A judge's rating of a personalised response, 1–5; without a score it says why."""

    run = serializers.IntegerField(source="response.item.run_id", read_only=True)
    item = serializers.IntegerField(source="response.item_id", read_only=True)
    question = serializers.IntegerField(source="response.item.question_id", read_only=True)
    judge = serializers.CharField(source="judge.name", read_only=True)

    class Meta:
        model = Judgment
        fields = [
            "id",
            "run",
            "item",
            "question",
            "response",
            "judge",
            "replicate",
            "status",
            "score",
            "explanation",
            "unscored_reason",
            "created_at",
        ]
        read_only_fields = fields


class ItemDetailSerializer(ItemSerializer):
    """An item with its responses and what judges say of them."""

    class Responses(ResponseSerializer):
        """A response with its judgments."""

        judgments = JudgmentSerializer(many=True, read_only=True)

        class Meta(ResponseSerializer.Meta):
            ref_name = "ResponseWithJudgments"
            fields = [*ResponseSerializer.Meta.fields, "judgments"]
            read_only_fields = fields

    responses = Responses(many=True, read_only=True)
    irrelevant_preferences = serializers.PrimaryKeyRelatedField[Preference](many=True, read_only=True)

    class Meta(ItemSerializer.Meta):
        fields = [*ItemSerializer.Meta.fields, "irrelevant_preferences", "responses"]
        read_only_fields = fields


class VerdictOnItemSerializer(DataclassSerializer[Verdict]):
    """What a judge says of an item's personalised response; without a score, why."""

    dataclass = Verdict


class RunItemSerializer(ItemSerializer):
    """An item of a run with its answers: option letters, null where there is no response, empty where no letter was
    found in it.
    """

    gold = serializers.CharField(read_only=True)
    baseline_answer = serializers.CharField(read_only=True, allow_null=True, allow_blank=True)
    personalised_answer = serializers.CharField(read_only=True, allow_null=True, allow_blank=True)
    verdicts = serializers.SerializerMethodField()

    class Meta(ItemSerializer.Meta):
        fields = [
            *ItemSerializer.Meta.fields,
            "gold",
            "baseline_answer",
            "personalised_answer",
            "verdicts",
        ]
        read_only_fields = fields

    @extend_schema_field(VerdictOnItemSerializer(many=True))
    def get_verdicts(self, item: Item) -> Any:
        # Any: JSON. The view has looked them up for the whole page.
        return VerdictOnItemSerializer(self.context["verdicts"].get(item.pk, []), many=True).data


class RunItemQuery(ListQuery):
    """Which items of a run: a set that a number is counted over, of a slice, named as results name it."""

    SLICE = ("show", "source", "category", "preference", "preference_category", "cause", "reason")

    show = serializers.ChoiceField(
        [(key, items.name) for key, items in SETS.items()], required=False, default="all"
    )
    judge = id_filter("judge whose verdict counts; some sets need one")
    source = serializers.CharField(  # type: ignore[assignment] # a field's attribute
        required=False, max_length=200
    )
    category = serializers.CharField(required=False, max_length=200)
    preference = serializers.CharField(required=False, max_length=2000, help_text="Its text.")
    preference_category = serializers.CharField(required=False, max_length=50)
    cause = serializers.CharField(required=False, max_length=300, help_text="Why items have failed.")
    reason = serializers.CharField(required=False, max_length=200, help_text="Why there is no score.")
    search = serializers.CharField(required=False, max_length=200, help_text="A part of the question.")

    def validate(self, filters: dict[str, Any]) -> dict[str, Any]:
        if SETS[filters["show"]].by_judge and "judge" not in filters:
            raise serializers.ValidationError({"judge": ["Say whose verdict counts."]})
        return filters


class NarrowQuery(ListQuery):
    """The base of filters of the largest tables. Those that fit many rows need one beside them that fits few:
    otherwise the database would read millions of rows to fill a page.
    """

    run = id_filter("run")
    question = id_filter("question")

    def validate(self, filters: dict[str, Any]) -> dict[str, Any]:
        narrowing = [name for name in NARROWING if name in self.fields]
        wide = [name for name in filters if name not in {*narrowing, "cursor", "page_size"}]
        if wide and not any(name in filters for name in narrowing):
            needs = f"Needs one of {', '.join(narrowing)} beside it."
            raise serializers.ValidationError({name: [needs] for name in wide}, code="too_wide")
        return filters


class ItemQuery(NarrowQuery):
    """Filters of the list of items."""

    status = serializers.ChoiceField(ItemStatus.choices, required=False)


class ResponseQuery(NarrowQuery):
    """Filters of the list of responses."""

    item = id_filter("item")
    condition = serializers.ChoiceField(Condition.choices, required=False)
    extraction = serializers.ChoiceField(Extraction.choices, required=False)
    answer = serializers.RegexField("^[A-Z]?$", required=False, allow_blank=True, help_text="Empty: none.")


class JudgmentQuery(NarrowQuery):
    """Filters of the list of judgments."""

    item = id_filter("item")
    response = id_filter("response")
    judge = id_filter("judge")
    status = serializers.ChoiceField(JudgmentStatus.choices, required=False)
    score = serializers.IntegerField(required=False, min_value=1, max_value=5)
