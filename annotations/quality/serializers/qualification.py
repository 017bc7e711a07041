"""The qualification round: what its screen shows to who takes it, and to leads how everybody did."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations.labelling.serializers import OptionSerializer
from annotations.models import Campaign, Member, QualificationAnswer, QualificationAttempt, Task
from annotations.quality.selectors.qualification import Standing, baseline_of, is_told
from core.api.queries import LARGEST_ID, ListQuery
from core.api.row_serializer import RowSerializer
from core.api.strict import StrictSerializer
from evaluation.models.endpoint import SCALE


class AttemptSerializer(RowSerializer[QualificationAttempt]):
    """One's own try at the round: how many items are answered; `passed` is null until its end. How many were `right` is
    null until one has passed: before that, it would tell what to change.
    """

    answered = serializers.IntegerField(source="answer_count")
    right = serializers.IntegerField(source="right_told", allow_null=True)
    passed = serializers.BooleanField(allow_null=True)

    class Meta:
        model = QualificationAttempt
        fields = ["number", "answered", "right", "passed", "finished_at"]


class AttemptSeenByLeadSerializer(AttemptSerializer):
    """Somebody's try at the round: how many items are answered and how many of them right."""

    right = serializers.IntegerField(source="right_count")


class QualificationSerializer(serializers.Serializer[Any]):
    """Where the caller stands. `pass_mark` is the share of `items` to get right; null: the campaign has no round.
    `attempt` is the number of the current one, in which `answered` items have an answer.
    """

    pass_mark = serializers.FloatField(allow_null=True)
    is_qualified = serializers.BooleanField()
    items = serializers.IntegerField()
    attempt = serializers.IntegerField(allow_null=True)
    answered = serializers.IntegerField()
    attempts = AttemptSerializer(many=True)
    attempts_left = serializers.IntegerField()
    may_start = serializers.BooleanField()


def qualification_data(campaign: Campaign, member: Member, standing: Standing) -> dict[str, Any]:
    """Where a member stands, JSON-ready. A campaign without a round tells nothing of one."""
    has_round = campaign.pass_mark is not None
    is_qualified = member.qualified_at is not None
    shown = {
        "pass_mark": campaign.pass_mark,
        "is_qualified": is_qualified,
        "items": standing.items if has_round else 0,
        "attempt": standing.attempt.number if has_round and standing.attempt else None,
        "answered": standing.answered if has_round else 0,
        "attempts": standing.attempts if has_round else [],
        "attempts_left": standing.attempts_left if has_round else 0,
        "may_start": has_round and not is_qualified and standing.may_start,
    }
    return dict(QualificationSerializer(shown).data)


class ItemToRateSerializer(serializers.Serializer[Task]):
    """A response to rate in the round, and what it answers. The texts are Markdown."""

    task = serializers.IntegerField(source="pk")
    question = serializers.CharField(source="response.item.question.text")
    options = serializers.SerializerMethodField()
    preference = serializers.CharField(source="response.item.preference.text")
    baseline = serializers.SerializerMethodField()
    personalised = serializers.CharField(source="response.text", allow_blank=True)

    @extend_schema_field(OptionSerializer(many=True))
    def get_options(self, task: Task) -> list[dict[str, str]]:
        question = task.response.item.question
        return [{"letter": letter, "text": text} for letter, text in question.lettered_options]

    def get_baseline(self, task: Task) -> str:
        return baseline_of(task) or ""


class NextItemSerializer(serializers.Serializer[Any]):
    """The next item of the attempt under way; null: no attempt is, or it is over."""

    item = ItemToRateSerializer(allow_null=True)
    standing = QualificationSerializer()


class AnswerToItemSerializer(StrictSerializer[Any]):
    """A score for an item of the round."""

    task = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    score = serializers.IntegerField(min_value=SCALE[0], max_value=SCALE[-1])


class FeedbackSerializer(RowSerializer[QualificationAnswer]):
    """One's answer to an item. Whether it `is_right`, the item's known score, within `tolerance` of which an answer is
    right, and why, are null as long as the item may be asked again: until it is withdrawn or the campaign closed.
    """

    attempt = serializers.IntegerField(source="attempt.number")
    is_right = serializers.BooleanField(allow_null=True)
    known_score = serializers.IntegerField(source="task.known_score.score", allow_null=True)
    tolerance = serializers.IntegerField(source="task.known_score.tolerance", allow_null=True)
    explanation = serializers.CharField(
        source="task.known_score.explanation", allow_null=True, help_text="Markdown."
    )
    item = ItemToRateSerializer(source="task")
    standing = serializers.SerializerMethodField()

    class Meta:
        model = QualificationAnswer
        fields = [
            "id",
            "attempt",
            "score",
            "is_right",
            "known_score",
            "tolerance",
            "explanation",
            "item",
            "standing",
        ]

    def to_representation(self, instance: QualificationAnswer) -> dict[str, Any]:
        """The fields as JSON has them."""
        fields: dict[str, Any] = super().to_representation(instance)
        if not is_told(instance):
            fields |= dict.fromkeys(("is_right", "known_score", "tolerance", "explanation"))
        return fields

    @extend_schema_field(QualificationSerializer)
    def get_standing(self, answer: QualificationAnswer) -> Any:
        # Any: JSON, which the view has made
        return self.context["standing"]


class PersonInQualificationSerializer(RowSerializer[Member]):
    """An annotator with their attempts; `qualified_at`: they may label."""

    username = serializers.CharField(source="user.username")
    attempts = AttemptSeenByLeadSerializer(source="qualification_attempts", many=True)

    class Meta:
        model = Member
        fields = ["id", "username", "qualified_at", "attempts"]


class PeopleInQualificationQuery(ListQuery):
    is_qualified = serializers.BooleanField(required=False, allow_null=True, default=None)
