"""How people label and decide, for leads: quality, pace, agreement by group, alignment, adjudicators."""

from typing import Any

from django.db.models import TextChoices
from rest_framework import serializers

from annotations.campaigns.selectors.presence import Presence
from annotations.campaigns.selectors.progress import CountedProgress, Disagreement, LiveProgress, Pace
from annotations.campaigns.serializers import MemberSerializer, ProgressSerializer
from annotations.models import Guidelines
from annotations.quality.selectors.quality import PersonQuality
from core.api.estimates import EstimateField
from core.cache.figures import Kept
from perg.stats.gold.adjudicators import DecisionMeasures
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


class PaceSerializer(serializers.Serializer[Pace]):
    """How fast labels come in: in the last hour, in the last 24 and in how many clock hours of these; votes missing,
    and the seconds that people still have to label at that pace (null: none came in the last 24 hours).
    """

    last_hour = serializers.IntegerField()
    recent = serializers.IntegerField()
    recent_hours = serializers.IntegerField()
    missing = serializers.IntegerField()
    per_hour = serializers.FloatField(allow_null=True)
    seconds_left = serializers.IntegerField(allow_null=True)


class DisagreementSerializer(serializers.Serializer[Disagreement]):
    """Of a group's tasks with two votes or more, how many people disagreed on, and the mean range of the scores."""

    group = serializers.CharField(allow_blank=True)
    share = EstimateField()
    mean_range = serializers.FloatField()


class PresenceSerializer(serializers.Serializer[Presence]):
    """What a member has done and is at: `in_hand` tasks, kept until then at the latest; `is_on`: heard of lately;
    `since` when, without a long break.
    """

    username = serializers.CharField(source="member.user.username")
    member = serializers.IntegerField(source="member.pk")
    labels = serializers.IntegerField()
    skips = serializers.IntegerField()
    last_label_at = serializers.DateTimeField(allow_null=True)
    in_hand = serializers.IntegerField()
    kept_until = serializers.DateTimeField(allow_null=True)
    last_heard_of = serializers.DateTimeField(allow_null=True)
    is_on = serializers.BooleanField()
    since = serializers.DateTimeField(allow_null=True)


class SkipCountSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField()
    count = serializers.IntegerField()


class CountedSerializer(serializers.Serializer[Any]):
    """What takes all tasks and labels to count. Of a large campaign it may be late: `as_of` when it was counted (null:
    now), and `is_current`: nothing has happened since.
    """

    as_of = serializers.DateTimeField(allow_null=True)
    is_current = serializers.BooleanField()


def counted_as_of(kept: Kept[CountedProgress]) -> dict[str, object]:
    """What `CountedSerializer` shows of figures that are kept."""
    return {"as_of": None if kept.is_current else kept.as_of, "is_current": kept.is_current}


class ActivitySerializer(CountedSerializer):
    """How a campaign goes: who is on, and with what in hand, right now; the counts may be late, see `is_current`."""

    progress = ProgressSerializer()
    pace = PaceSerializer()
    skips = SkipCountSerializer(many=True)
    open_flags = serializers.IntegerField()
    disagreement_by_category = DisagreementSerializer(many=True)
    disagreement_by_stratum = DisagreementSerializer(many=True)
    people = PresenceSerializer(many=True)


def activity_data(live: LiveProgress, people: list[Presence], kept: Kept[CountedProgress]) -> dict[str, Any]:
    """How a campaign goes, JSON-ready."""
    shown: dict[str, object] = {
        "progress": live.counts,
        "pace": live.pace,
        "skips": [{"reason": reason, "count": count} for reason, count in live.skips],
        "open_flags": live.open_flags,
        "disagreement_by_category": live.by_category,
        "disagreement_by_stratum": live.by_stratum,
        "people": people,
    }
    return dict(ActivitySerializer(shown | counted_as_of(kept)).data)


class AlignmentSerializer(serializers.Serializer[Any]):
    """A run's alignment failure over items with a correct baseline answer, by what people say of the sample: weighted
    for all items, and of the sample as it is. `covered` is the part of the items in strata with a label, `is_census`:
    all of these are labelled. Responses with tied votes are left out.
    """

    run = serializers.IntegerField(source="run.pk")
    run_name = serializers.CharField(source="run.name")
    weighted = EstimateField(source="share.weighted")
    unweighted = EstimateField(source="share.unweighted")
    covered = serializers.FloatField(source="share.covered")
    is_census = serializers.BooleanField(source="share.is_census")
    tied = serializers.IntegerField()


class AlignmentByPeopleSerializer(CountedSerializer):
    """Alignment failure by people, run by run."""

    runs = AlignmentSerializer(many=True)


class DecisionMeasuresSerializer(serializers.Serializer[DecisionMeasures]):
    """`n` decisions against the votes: share at most half a point off their median, share that say the same as the
    majority and share that overturn it, and mean of score less median.
    """

    n = serializers.IntegerField()
    near_median = EstimateField()
    with_majority = EstimateField()
    overturning = EstimateField()
    difference = EstimateField()


class AdjudicatorSerializer(serializers.Serializer[Any]):
    """How one person decides, before the judges' scores were shown to them and after."""

    adjudicator = serializers.CharField()
    blind = DecisionMeasuresSerializer()
    after_judges = DecisionMeasuresSerializer()


class GuidelinesVersionSerializer(serializers.ModelSerializer[Guidelines]):
    """A version of the guidelines, in Markdown, with how many labels by how many people were made by it."""

    created_by = serializers.SlugRelatedField[Guidelines](
        slug_field="username", read_only=True, allow_null=True
    )
    labels = serializers.IntegerField(source="label_count", read_only=True)
    people = serializers.IntegerField(source="person_count", read_only=True)

    class Meta:
        model = Guidelines
        fields = ["version", "text", "created_by", "created_at", "labels", "people"]
        read_only_fields = fields
