"""Gold releases."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations.gold.selectors.gold import GoldDifference, GoldSide, ReleaseDifferences
from annotations.gold.services.gold import GoldPreview
from annotations.models import GoldRelease, GoldRequest, Task
from annotations.models.task import TaskState
from annotations.quality.selectors.doubtful_raters import DoubtfulRater
from core.api.dataclass_serializer import DataclassSerializer
from core.api.queries import LARGEST_ID, Query
from core.api.row_serializer import RowSerializer
from core.api.strict import SchemaField, StrictSerializer
from perg.stats.gold.gold_criteria import GoldCriteria
from perg.stats.gold.gold_selection import REASONS, SelectionCounts

CRITERIA_SCHEMA = {key: value for key, value in GoldCriteria.model_json_schema().items() if key != "title"}
MOST_DIFFERENCES = 1000
DEFAULTS = (
    "Left out, as each of its parts: decided tasks, by the majority of at least as many votes as the campaign wants of "
    "each."
)


@extend_schema_field(CRITERIA_SCHEMA)
class CriteriaField(SchemaField):
    """What goes into a release, and by which rule."""

    schema = GoldCriteria


class NewReleaseSerializer(StrictSerializer[Any]):
    """What to release. `seen` is the `fingerprint` of a preview: if anything has changed since, nothing is released."""

    criteria = CriteriaField(required=False, help_text=DEFAULTS)
    seen = serializers.CharField(max_length=64, required=False, default="", allow_blank=True)


class CriteriaSerializer(StrictSerializer[Any]):
    criteria = CriteriaField(required=False, help_text=DEFAULTS)


class CountsSerializer(DataclassSerializer[SelectionCounts]):
    """How many tasks go in, by decision and by status, and how many do not, by the first reason that holds."""

    dataclass = SelectionCounts


class DoubtfulRaterSerializer(DataclassSerializer[DoubtfulRater]):
    """A person whose labels somebody should look at before gold is made of them, and why."""

    dataclass = DoubtfulRater
    labels = serializers.IntegerField(help_text="Votes of theirs on tasks that go in.")


class NotesSerializer(serializers.Serializer[Any]):
    """What users of a release should know: the `overlap` that the campaign wanted, `looser` choices than the defaults,
    and `raters` who are paused, not qualified, below a bar or implausibly fast.
    """

    overlap = serializers.IntegerField()
    looser = serializers.ListField(child=serializers.CharField())
    raters = DoubtfulRaterSerializer(many=True)


class PreviewSerializer(serializers.Serializer[GoldPreview]):
    """What a release would be, were it made now. `looser`: what the criteria take in that the defaults leave out."""

    criteria = serializers.SerializerMethodField()
    counts = CountsSerializer()
    fingerprint = serializers.CharField()
    looser = serializers.ListField(child=serializers.CharField())
    raters = DoubtfulRaterSerializer(many=True)

    @extend_schema_field(CRITERIA_SCHEMA)
    def get_criteria(self, preview: GoldPreview) -> dict[str, object]:
        return preview.criteria.model_dump(mode="json")


class LeftOutQuerySerializer(CriteriaSerializer):
    """Which of the tasks that a release by these criteria would leave out: those for one reason, in the order of their
    keys, behind task `behind` if one is named.
    """

    reason = serializers.ChoiceField(REASONS[1:])
    behind = serializers.IntegerField(min_value=0, max_value=LARGEST_ID, required=False, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_DIFFERENCES, required=False, default=100)


class VoteSerializer(serializers.Serializer[Any]):
    annotator = serializers.CharField(source="member.user.username")
    score = serializers.IntegerField()


class LeftOutTaskSerializer(serializers.Serializer[Task]):
    """A task that would not go in, with the votes on it."""

    task = serializers.IntegerField(source="pk")
    state = serializers.ChoiceField(TaskState.choices)
    run = serializers.IntegerField(source="response.item.run_id")
    question = serializers.CharField(source="response.item.question.text")
    preference = serializers.CharField(source="response.item.preference.text", default=None, allow_null=True)
    votes = VoteSerializer(source="given_votes", many=True)


class LeftOutSerializer(serializers.Serializer[Any]):
    """How many tasks would be left out for the reason, and those asked for."""

    count = serializers.IntegerField()
    tasks = LeftOutTaskSerializer(many=True)


class ReleaseSerializer(RowSerializer[GoldRelease]):
    """A numbered, immutable release. `checksum` is the SHA-256 of its JSONL; `report_figures` what the validation
    report said when it was made.
    """

    criteria = serializers.DictField()
    counts = CountsSerializer()
    notes = NotesSerializer()
    report_figures = serializers.DictField()
    created_by = serializers.SlugRelatedField[GoldRelease](
        slug_field="username", read_only=True, allow_null=True
    )

    class Meta:
        model = GoldRelease
        fields = [
            "id",
            "campaign",
            "number",
            "rule",
            "threshold",
            "criteria",
            "counts",
            "notes",
            "report",
            "report_figures",
            "checksum",
            "code_version",
            "created_by",
            "created_at",
        ]


class GoldRequestSerializer(RowSerializer[GoldRequest]):
    """A release that was asked for. `release` is its id once `status` is `released`; `failure` and `failure_code` say
    why there is none where it is `failed`. `share_done` is null while nobody knows how many tasks go in.
    """

    criteria = serializers.DictField()
    share_done = serializers.FloatField(allow_null=True)
    requested_by = serializers.SlugRelatedField[GoldRequest](slug_field="username", read_only=True)

    class Meta:
        model = GoldRequest
        fields = [
            "id",
            "campaign",
            "criteria",
            "seen",
            "status",
            "tasks",
            "written",
            "share_done",
            "release",
            "failure",
            "failure_code",
            "requested_by",
            "created_at",
            "finished_at",
        ]


class SideSerializer(DataclassSerializer[GoldSide]):
    """What a release says of a task."""

    dataclass = GoldSide


class DifferenceSerializer(DataclassSerializer[GoldDifference]):
    """A task on which two releases differ; null on the side where it is not in."""

    dataclass = GoldDifference
    before = SideSerializer(allow_null=True)
    after = SideSerializer(allow_null=True)


class DifferencesSerializer(DataclassSerializer[ReleaseDifferences]):
    """What a release has changed of an earlier one; `rows` are tasks of the `kind` asked for, in the order of their
    keys, those behind task `behind` if one is named.
    """

    dataclass = ReleaseDifferences
    before = serializers.IntegerField(source="before.pk")
    after = serializers.IntegerField(source="after.pk")


class DifferencesWithRowsSerializer(DifferencesSerializer):
    rows = DifferenceSerializer(many=True)


class DifferenceQuery(Query):
    against = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST_ID,
        required=False,
        help_text="Id of the earlier release; the one before, if it is not named.",
    )
    kind = serializers.ChoiceField(["added", "removed", "changed"], required=False, default="changed")
    behind = serializers.IntegerField(min_value=0, max_value=LARGEST_ID, required=False, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_DIFFERENCES, required=False, default=100)
