"""How well each person labels, for leads."""

from typing import Any

from django.db.models import TextChoices
from rest_framework import serializers

from annotations.campaigns.serializers.campaigns import MemberSerializer
from annotations.quality.selectors.quality import PersonQuality
from core.api.dataclass_serializer import DataclassSerializer
from perg.stats.raters.quality import AnnotatorQuality, Bars, Drift


class Figure(TextChoices):
    """What a person may surely be below the campaign's bar by."""

    CONTROL_ACCURACY = "control_accuracy"
    AGREEMENT = "agreement"


class BarsSerializer(DataclassSerializer[Bars]):
    """Below what a person is paused; null: no bar."""

    dataclass = Bars


class DriftSerializer(DataclassSerializer[Drift]):
    """What changed between the first third of the labels and the last, in points of the scale: the mean of own score
    less the others' median (`shift`), and of its size (`distance`). `course`: that mean in up to ten parts.
    """

    dataclass = Drift


class FiguresSerializer(DataclassSerializer[AnnotatorQuality]):
    """A person's figures: agreement with the median of the others (κ with quadratic weights), share of control items
    right, median seconds on a task, share of labels made in less than the campaign's minimum time, drift, and how
    often each score was given by them and by the others to the same responses.
    """

    dataclass = AnnotatorQuality
    drift = DriftSerializer()


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
