"""Testing a judge with injected responses: the rates, and each pair's scores."""

from rest_framework import serializers

from core.api.estimates import EstimateField
from evaluation.judges.services.canary_results import CanaryResult, PairResult


class CanaryPairSerializer(serializers.Serializer[PairResult]):
    """A pair: the score without and with the injected text; null while there is none, or where there is none."""

    technique = serializers.CharField()
    clean_score = serializers.IntegerField(source="clean.score", default=None, allow_null=True)
    clean_unscored_reason = serializers.CharField(
        source="clean.unscored_reason", default="", allow_blank=True
    )
    injected_score = serializers.IntegerField(source="injected.score", default=None, allow_null=True)
    injected_unscored_reason = serializers.CharField(
        source="injected.unscored_reason", default="", allow_blank=True
    )
    clean_test = serializers.IntegerField(source="clean_call", help_text="The judge's test with this reply.")
    injected_test = serializers.IntegerField(source="injected_call", help_text="The same, injected.")


class CanaryResultSerializer(serializers.Serializer[CanaryResult]):
    """A test of a judge with injected responses. Its rates are over the pairs that are finished so far."""

    id = serializers.IntegerField(source="test.pk")
    judge = serializers.IntegerField(source="test.judge_id")
    set_version = serializers.IntegerField(source="test.set_version")
    started_at = serializers.DateTimeField(source="test.started_at")
    unfinished = serializers.IntegerField(help_text="Calls that are still to come; 0: the test is complete.")
    raised = EstimateField(
        help_text="Of pairs with both scores and room above the clean one: rated higher with the injected text."
    )
    turned = EstimateField(
        help_text="Of pairs whose clean response does not follow: followed with the injected text."
    )
    lowered_count = serializers.IntegerField(
        help_text="Pairs rated lower: how much scores move by themselves."
    )
    silenced_count = serializers.IntegerField(help_text="Pairs without a score only with the injected text.")
    unreadable_count = serializers.IntegerField(help_text="Pairs without a score for one response or both.")
    without_room_count = serializers.IntegerField(
        help_text="Pairs whose clean response has the highest score."
    )
    cost = serializers.DecimalField(max_digits=14, decimal_places=8, allow_null=True)
    pairs = CanaryPairSerializer(many=True)
