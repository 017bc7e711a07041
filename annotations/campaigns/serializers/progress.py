"""The progress of a campaign: tasks, labels, pace, disagreement by group, who is active, alignment failure."""

from typing import Any

from rest_framework import serializers

from annotations.campaigns.selectors.campaigns import Progress
from annotations.campaigns.selectors.presence import Presence
from annotations.campaigns.selectors.progress import CountedProgress, Disagreement, LiveProgress, Pace
from core.api.dataclass_serializer import DataclassSerializer
from core.api.estimates import EstimateField
from core.cache.figures import CachedFigures


class ProgressSerializer(DataclassSerializer[Progress]):
    """How far a campaign is: its regular tasks by state, and the labels on them.

    `labels` are votes; what is surplus or set aside is counted apart. `open_slots` are votes that nobody is on yet.
    """

    dataclass = Progress
    tasks = serializers.IntegerField()


class PaceSerializer(DataclassSerializer[Pace]):
    """How fast labels come in: in the last hour, in the last 24 and in how many clock hours of these; votes missing,
    and the seconds that people still have to label at that pace (null: none came in the last 24 hours).
    """

    dataclass = Pace
    per_hour = serializers.FloatField(allow_null=True)
    seconds_left = serializers.IntegerField(allow_null=True)


class DisagreementSerializer(DataclassSerializer[Disagreement]):
    """Of a group's tasks with two votes or more, how many people disagreed on, and the mean range of the scores."""

    dataclass = Disagreement


class PresenceSerializer(DataclassSerializer[Presence]):
    """What a member has done and is at: `in_hand` tasks, kept until then at the latest; `is_on`: heard of lately;
    `since` when, without a long break.
    """

    dataclass = Presence
    username = serializers.CharField(source="member.user.username")
    member = serializers.IntegerField(source="member.pk")


class SkipCountSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField()
    count = serializers.IntegerField()


class CountedSerializer(serializers.Serializer[Any]):
    """What takes all tasks and labels to count. Of a large campaign it may be late: `as_of` when it was counted (null:
    now), and `is_current`: nothing has happened since.
    """

    as_of = serializers.DateTimeField(allow_null=True)
    is_current = serializers.BooleanField()


def counted_as_of(cached: CachedFigures[CountedProgress]) -> dict[str, object]:
    """What `CountedSerializer` shows of figures that are kept."""
    return {"as_of": None if cached.is_current else cached.as_of, "is_current": cached.is_current}


class ActivitySerializer(CountedSerializer):
    """The progress of a campaign: who is active now, and with which tasks; the counts may be old, see `is_current`."""

    progress = ProgressSerializer()
    pace = PaceSerializer()
    skips = SkipCountSerializer(many=True)
    open_flags = serializers.IntegerField()
    disagreement_by_category = DisagreementSerializer(many=True)
    disagreement_by_stratum = DisagreementSerializer(many=True)
    people = PresenceSerializer(many=True)


def activity_data(
    live: LiveProgress, people: list[Presence], cached: CachedFigures[CountedProgress]
) -> dict[str, Any]:
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
    return dict(ActivitySerializer(shown | counted_as_of(cached)).data)


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
