"""Trying endpoints and judges out: one small call that no run pays."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.dataclass_serializer import DataclassSerializer
from core.api.queries import LARGEST_ID
from core.api.strict import StrictSerializer
from evaluation.engine.steps.judging import verdict_of
from evaluation.models import Completion, Judge
from evaluation.stages.judge import JudgeInput
from evaluation.stages.verdicts import Verdict


class JudgeTestSerializer(StrictSerializer[Any]):
    """On what a judge is tried: an item with a preference and both responses, or texts of one's own."""

    TEXTS = ("question", "preference", "personalised")

    item = serializers.IntegerField(min_value=1, max_value=LARGEST_ID, required=False)
    question = serializers.CharField(max_length=20_000, required=False)
    options = serializers.ListField(
        child=serializers.CharField(max_length=2000),
        max_length=26,
        required=False,
        help_text="Without letters.",
    )
    preference = serializers.CharField(max_length=2000, required=False)
    baseline = serializers.CharField(max_length=100_000, required=False, allow_blank=True)
    personalised = serializers.CharField(max_length=100_000, required=False)

    def validate(self, fields: dict[str, Any]) -> dict[str, Any]:
        if "item" in fields and len(fields) > 1:
            raise serializers.ValidationError({"item": ["Give an item or texts, not both."]})
        missing = [] if "item" in fields else [name for name in self.TEXTS if name not in fields]
        if missing:
            raise serializers.ValidationError({name: ["This is needed without an item."] for name in missing})
        return fields

    @staticmethod
    def shown(fields: Mapping[str, Any]) -> JudgeInput:
        """What valid fields without an item show the judge."""
        # Any: texts, and the list of options
        return JudgeInput(**{"baseline": "", **fields, "options": tuple(fields.get("options", ()))})


class MessageSerializer(serializers.Serializer[Any]):
    """A message of a conversation with a model."""

    role = serializers.ChoiceField(["system", "user", "assistant"])
    content = serializers.CharField()


class TrialSerializer(serializers.ModelSerializer[Completion]):
    """A call that tries an endpoint out: what is sent, what came back, what it took."""

    endpoint = serializers.CharField(source="endpoint.name", read_only=True)
    messages = MessageSerializer(source="request.messages", many=True, read_only=True)

    class Meta:
        model = Completion
        fields = [
            "id",
            "endpoint",
            "status",
            "messages",
            "text",
            "reasoning",
            "input_tokens",
            "output_tokens",
            "seconds",
            "cost",
            "error_code",
            "error_message",
        ]
        read_only_fields = fields


class VerdictSerializer(DataclassSerializer[Verdict]):
    """What a judge's reply is read as: a score, or why there is none."""

    dataclass = Verdict
    followed = serializers.SerializerMethodField()

    def get_followed(self, verdict: Verdict) -> bool | None:
        """Whether the score reaches the judge's threshold."""
        judge: Judge = self.context["judge"]
        return judge.followed(verdict.score)


class JudgeTrialSerializer(TrialSerializer):
    """The same of a judge, with its verdict; null until there is a reply."""

    verdict = serializers.SerializerMethodField()

    class Meta(TrialSerializer.Meta):
        fields = [*TrialSerializer.Meta.fields, "verdict"]
        read_only_fields = fields

    @extend_schema_field(VerdictSerializer(allow_null=True))
    def get_verdict(self, trial: Completion) -> Any:
        # Any: JSON
        if trial.finished_at is None:
            return None
        return VerdictSerializer(verdict_of(trial), context=self.context).data
