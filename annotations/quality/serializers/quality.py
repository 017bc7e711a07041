"""How well each person labels, for leads."""

from typing import Any

from django.db.models import TextChoices
from rest_framework import serializers

from annotations.campaigns.serializers.campaigns import MemberSerializer
from annotations.quality.selectors.quality import PersonQuality
from core.api.estimates import EstimateField
from perg.stats.raters.quality import AnnotatorQuality, Bars, Drift


class Figure(TextChoices):
    """What a person may surely be below the campaign's bar by."""

    CONTROL_ACCURACY = "control_accuracy"
    AGREEMENT = "agreement"


class BarsSerializer(serializers.Serializer[Bars]):
    """Below what a person is paused; null: no bar."""

    control_accuracy = serializers.FloatField(allow_null=True)
    agreement = serializers.FloatField(allow_null=True)


class DriftSerializer(serializers.Serializer[Drift]):
    """What changed between the first third of the labels and the last, in points of the scale: the mean of own score
    less the others' median (`shift`), and of its size (`distance`). `course`: that mean in up to ten parts.
    """

    shift = EstimateField()
    distance = EstimateField()
    course = serializers.ListField(child=serializers.FloatField())


class FiguresSerializer(serializers.Serializer[AnnotatorQuality]):
    """A person's figures: agreement with the median of the others (κ with quadratic weights), share of control items
    right, median seconds on a task, share of labels made in less than the campaign's minimum time, drift, and how
    often each score was given by them and by the others to the same responses.
    """

    labels = serializers.IntegerField()
    agreement = EstimateField()
    control_accuracy = EstimateField()
    seconds = EstimateField()
    fast = EstimateField()
    drift = DriftSerializer()
    own_counts = serializers.ListField(child=serializers.IntegerField())
    rest_counts = serializers.ListField(child=serializers.IntegerField())


class PersonQualitySerializer(serializers.Serializer[PersonQuality]):
    """A member with their figures; `below`: by which of these they are surely below the campaign's bars."""

    member = MemberSerializer()
    figures = FiguresSerializer()
    below = serializers.ListField(child=serializers.ChoiceField(Figure.choices))


class QualitySerializer(serializers.Serializer[Any]):
    """How well everybody does, `as_of` a moment (null: being computed for the first time; ask again). `is_current`:
    nothing has changed since. Who joined later is in `without_figures`.
    """

    as_of = serializers.DateTimeField(allow_null=True)
    is_current = serializers.BooleanField()
    bars = BarsSerializer()
    people = PersonQualitySerializer(many=True)
    without_figures = serializers.ListField(child=serializers.CharField(), help_text="User names.")
