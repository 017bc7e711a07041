"""Trying endpoints and judges out: one small call that no run pays."""

from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from evaluation.api.queries import LARGEST_ID
from evaluation.models import Completion, Judge
from evaluation.models.completion import CompletionStatus
from evaluation.services.judging import verdict_of

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


class JudgeTestSerializer(serializers.Serializer[Any]):
    """On which item a judge is tried: one with a preference and both responses."""

    item = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)


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
