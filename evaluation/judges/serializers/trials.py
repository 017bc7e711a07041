"""Trying endpoints and judges out: one small call that no run pays."""

from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from core.api.queries import LARGEST_ID
from core.api.strict import StrictSerializer
from evaluation.engine.steps.judging import verdict_of
from evaluation.models import Completion, Judge
from evaluation.models.completion import CompletionStatus
from evaluation.stages.judge import JudgeInput

TOLD = (
    "status",
    "text",
    "reasoning",
    "input_tokens",
    "output_tokens",
    "seconds",
    "cost",
    "error_code",
    "error_message",
)


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

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if "item" in given and len(given) > 1:
            raise serializers.ValidationError({"item": ["Give an item or texts, not both."]})
        missing = [] if "item" in given else [name for name in self.TEXTS if name not in given]
        if missing:
            raise serializers.ValidationError({name: ["This is needed without an item."] for name in missing})
        return given

    def texts(self) -> JudgeInput | None:
        """What valid data show the judge; None: an item."""
        given = self.validated_data
        if "item" in given:
            return None
        return JudgeInput(
            question=given["question"],
            options=tuple(given.get("options", ())),
            preference=given["preference"],
            baseline=given.get("baseline", ""),
            personalised=given["personalised"],
        )


class MessageSerializer(serializers.Serializer[Any]):
    """A message of a conversation with a model."""

    role = serializers.ChoiceField(["system", "user", "assistant"])
    content = serializers.CharField()


class TrialSerializer(serializers.Serializer[Any]):
    """A call that tries an endpoint out: what is sent, what came back, what it took."""

    id = serializers.IntegerField()
    endpoint = serializers.CharField()
    status = serializers.ChoiceField(CompletionStatus.choices)
    messages = MessageSerializer(many=True)
    text = serializers.CharField(allow_blank=True)
    reasoning = serializers.CharField(allow_blank=True)
    input_tokens = serializers.IntegerField(allow_null=True)
    output_tokens = serializers.IntegerField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)
    cost = serializers.DecimalField(max_digits=14, decimal_places=8, allow_null=True)
    error_code = serializers.CharField(allow_blank=True)
    error_message = serializers.CharField(allow_blank=True)


class VerdictSerializer(serializers.Serializer[Any]):
    """What a judge's reply is read as: a score, or why there is none."""

    score = serializers.IntegerField(allow_null=True)
    followed = serializers.BooleanField(allow_null=True)
    explanation = serializers.CharField(allow_blank=True)
    unscored_reason = serializers.CharField(allow_blank=True)


class JudgeTrialSerializer(TrialSerializer):
    """The same of a judge, with its verdict; null until there is a reply."""

    verdict = VerdictSerializer(allow_null=True)


def trial_data(trial: Completion) -> dict[str, Any]:
    """A trial of an endpoint, JSON-ready."""
    return dict(TrialSerializer(_facts(trial)).data)


def judge_trial_data(trial: Completion, judge: Judge) -> dict[str, Any]:
    """A trial of a judge, JSON-ready."""
    verdict = None
    if trial.finished_at is not None:
        read = verdict_of(trial)
        followed = None if read.score is None else read.score >= judge.threshold
        verdict = asdict(read) | {"followed": followed}
    return dict(JudgeTrialSerializer(_facts(trial) | {"verdict": verdict}).data)


def _facts(trial: Completion) -> dict[str, Any]:
    facts = {"id": trial.pk, "endpoint": trial.endpoint.name, "messages": trial.request["messages"]}
    return facts | {name: getattr(trial, name) for name in TOLD}
