"""Items with their responses and judgments."""

from typing import Any

from rest_framework import serializers

from evaluation.api.queries import ListQuery, id_filter
from evaluation.models import Item, Judgment, Preference, Response
from evaluation.models.item import Condition, Extraction, ItemStatus
from evaluation.models.judgment import JudgmentStatus

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


class NarrowQuery(ListQuery):
    """The base of filters of the largest tables. Those that fit many rows need one beside them that fits few:
    otherwise the database would read millions of rows to fill a page.
    """

    run = id_filter("run")
    question = id_filter("question")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        given = super().validate(given)
        narrowing = [name for name in NARROWING if name in self.fields]
        wide = [name for name in given if name not in {*narrowing, "cursor", "page_size"}]
        if wide and not any(name in given for name in narrowing):
            needs = f"Needs one of {', '.join(narrowing)} beside it."
            raise serializers.ValidationError({name: [needs] for name in wide}, code="too_wide")
        return given


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
