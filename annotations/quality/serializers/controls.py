"""Control and qualification items, for leads: responses with a known score."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations.labelling.serializers import OptionSerializer
from annotations.models.task import TaskKind
from annotations.quality.services.controls import WIDEST, KnownItem
from core.api.queries import LARGEST_ID, ListQuery, Query
from core.api.strict import StrictSerializer
from evaluation.models import Response
from evaluation.models.endpoint import SCALE

MOST_ITEMS = 1000
MOST_CANDIDATES = 200
EXPLANATION_LENGTH = 5000
IN_USE = [TaskKind.CONTROL, TaskKind.QUALIFICATION]
KINDS = [(str(kind), kind.label) for kind in IN_USE]


class ControlItemSerializer(serializers.Serializer[Any]):
    """A response with a known score, used unannounced (`control`) or in the qualification round. An answer at most
    `tolerance` off is right. `answers` are those that count, none once it is withdrawn; of a qualification item, those
    of first attempts.
    """

    id = serializers.IntegerField(source="task.pk")
    kind = serializers.ChoiceField(TaskKind.choices, source="task.kind")
    response = serializers.IntegerField(source="task.response_id")
    question = serializers.CharField(source="task.response.item.question.text")
    preference = serializers.CharField(source="task.response.item.preference.text")
    score = serializers.IntegerField(source="task.known_score.score")
    tolerance = serializers.IntegerField(source="task.known_score.tolerance")
    explanation = serializers.CharField(source="task.known_score.explanation", allow_blank=True)
    created_by = serializers.CharField(
        source="task.known_score.created_by.username", default=None, allow_null=True
    )
    answers = serializers.IntegerField()
    right = serializers.IntegerField()
    is_suspicious = serializers.BooleanField(help_text="So few are right that the known score may be wrong.")


class TextsSerializer(serializers.Serializer[Any]):
    """What is shown of a response. The texts are Markdown."""

    question = serializers.CharField(source="item.question.text")
    options = serializers.SerializerMethodField()
    preference = serializers.CharField(source="item.preference.text")
    baseline = serializers.SerializerMethodField()
    personalised = serializers.CharField(source="text", allow_blank=True)

    @extend_schema_field(OptionSerializer(many=True))
    def get_options(self, response: Response) -> list[dict[str, str]]:
        options = response.item.question.lettered_options
        return [{"letter": letter, "text": text} for letter, text in options]

    def get_baseline(self, response: Response) -> str:
        baselines: dict[int, str] = self.context["baselines"]
        return baselines.get(response.item_id, "")


class CandidateSerializer(TextsSerializer):
    """A response that could become an item; `response` is its id."""

    response = serializers.IntegerField(source="pk")


class ControlDetailSerializer(ControlItemSerializer):
    """The same with the texts."""

    shown = TextsSerializer(source="task.response")


class ControlQuery(ListQuery):
    kind = serializers.ChoiceField(
        [*KINDS, (str(TaskKind.WITHDRAWN), TaskKind.WITHDRAWN.label)], required=False
    )


class CandidateQuery(Query):
    count = serializers.IntegerField(min_value=1, max_value=MOST_CANDIDATES, required=False, default=20)


def _score() -> serializers.IntegerField:
    return serializers.IntegerField(min_value=SCALE[0], max_value=SCALE[-1])


def _tolerance(**options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=WIDEST, required=False, **options)


class KnownItemSerializer(StrictSerializer[KnownItem]):
    """A response of the campaign's runs, by id, and what it should be given."""

    response = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    score = _score()
    tolerance = _tolerance(default=0)
    explanation = serializers.CharField(
        max_length=EXPLANATION_LENGTH, required=False, allow_blank=True, default="", help_text="Markdown."
    )


class NewControlsSerializer(StrictSerializer[Any]):
    """Items to add: all of them, or none."""

    kind = serializers.ChoiceField(KINDS)
    items = serializers.ListField(child=KnownItemSerializer(), allow_empty=False, max_length=MOST_ITEMS)


class ControlsFromGoldSerializer(StrictSerializer[Any]):
    """At most `count` responses of a gold release, drawn at random, to become items with their gold score."""

    release = serializers.IntegerField(
        min_value=1, max_value=LARGEST_ID, help_text="Id of a release of a campaign that the caller leads."
    )
    kind = serializers.ChoiceField(KINDS)
    count = serializers.IntegerField(min_value=1, max_value=MOST_ITEMS, required=False, default=20)
    tolerance = _tolerance(default=1)


class KnownScoreSerializer(StrictSerializer[Any]):
    """What an item should be given; what is left out stays."""

    score = serializers.IntegerField(min_value=SCALE[0], max_value=SCALE[-1], required=False)
    tolerance = _tolerance()
    explanation = serializers.CharField(max_length=EXPLANATION_LENGTH, required=False, allow_blank=True)
