"""Campaigns, their settings, guidelines and members."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from annotations.campaigns.selectors.new_campaigns import people_to_ask, rubrics_to_rate_by, runs_to_sample
from annotations.campaigns.services.campaign_spec import CampaignSpec
from annotations.campaigns.services.guidelines import GUIDELINES_LENGTH
from annotations.models import Campaign, Criterion, Guidelines, Member
from annotations.models.campaign import CampaignStatus, Disagreement, Role, Sampling
from core.api.queries import LARGEST_INTEGER, ListQuery
from core.api.row_serializer import RowSerializer
from core.api.strict import StrictSerializer
from core.models import User
from evaluation.models import Rubric, Run
from evaluation.models.endpoint import SCALE

SMALL = 32_767
MOST_LABELS = 26


OF_LABELLING = (
    "overlap",
    "max_overlap",
    "disagreement",
    "disagreement_range",
    "lease_seconds",
    "qualification_attempts",
    "sampling",
    "seed",
)
"""How a campaign draws its sample and is labelled: an imported one has neither before a lead begins labelling."""
MAYBE_NULL: dict[str, dict[str, Any]] = {field: {"allow_null": True} for field in OF_LABELLING}


class ImportedAsNull(RowSerializer[Campaign]):
    """Campaigns; of an imported one, what is about sampling and labelling is null until a lead begins labelling, and
    its criteria have thresholds.
    """

    threshold = serializers.IntegerField(
        allow_null=True,
        help_text="Lower scores count as failures. Null: see the criteria of imported ratings.",
    )

    def to_representation(self, instance: Campaign) -> dict[str, Any]:
        """The fields as JSON has them."""
        fields: dict[str, Any] = super().to_representation(instance)
        # A list reads for all campaigns at once whether they have tasks.
        has_tasks = getattr(instance, "has_tasks", None)
        if instance.is_imported and not (instance.is_labelled if has_tasks is None else has_tasks):
            fields |= {field: None for field in OF_LABELLING if field in fields}
        if instance.is_imported:
            fields["threshold"] = None
        return fields


class CampaignSerializer(ImportedAsNull):
    """A campaign as everybody in it sees it. Annotators are blind to runs and models, which are not in it.

    `role` is the caller's own; null for an admin who is not in the campaign. Of imported ratings `overlap`, `sampling`
    and `lease_seconds` are null until a lead begins labelling.
    """

    role = serializers.ChoiceField(Role.choices, allow_null=True, default=None)

    class Meta:
        model = Campaign
        fields = [
            "id",
            "name",
            "status",
            "role",
            "overlap",
            "threshold",
            "asks_correctness",
            "lease_seconds",
            "labels_per_person",
            "sample_size",
            "sampling",
            "is_imported",
            "is_demonstration",
        ]
        extra_kwargs = {field: MAYBE_NULL[field] for field in ("overlap", "sampling", "lease_seconds")}


class CriterionSerializer(RowSerializer[Criterion]):
    """A question that the raters of imported items answered.

    `categories` are all possible answers, from the lowest; null: those that occur. Failures are the `failure_labels`,
    or what is below the `threshold`; both null: none is defined. `part_of` names the question whose label this is.
    """

    class Meta:
        model = Criterion
        fields = [
            "key",
            "part_of",
            "question",
            "is_asked",
            "kind",
            "scale",
            "categories",
            "failure_labels",
            "threshold",
            "warnings",
        ]


class CampaignRunSerializer(RowSerializer[Run]):
    class Meta:
        model = Run
        fields = ["id", "name"]


class CampaignSettingsSerializer(ImportedAsNull):
    """All that a campaign was made with, for its leads. Shares are from 0 to 1.

    Of imported ratings, what is about sampling and labelling is null until a lead begins labelling.
    """

    runs = CampaignRunSerializer(many=True)
    criteria = CriterionSerializer(many=True, help_text="Of imported ratings; else empty.")
    rubric = serializers.StringRelatedField[Campaign](allow_null=True)
    created_by = serializers.SlugRelatedField[Campaign](
        slug_field="username", read_only=True, allow_null=True
    )

    class Meta:
        model = Campaign
        fields = [
            "id",
            "name",
            "status",
            "runs",
            "rubric",
            "criteria",
            "threshold",
            "overlap",
            "max_overlap",
            "disagreement",
            "disagreement_range",
            "asks_correctness",
            "labels_per_person",
            "minimum_seconds",
            "control_every",
            "pass_mark",
            "qualification_attempts",
            "lowest_control_accuracy",
            "lowest_agreement",
            "reveals_judges",
            "sampling",
            "enriched_share",
            "sample_size",
            "seed",
            "lease_seconds",
            "is_imported",
            "is_demonstration",
            "created_by",
            "created_at",
        ]
        extra_kwargs = MAYBE_NULL


class CampaignQuery(ListQuery):
    status = serializers.ChoiceField(CampaignStatus.choices, required=False)
    is_imported = serializers.BooleanField(required=False, allow_null=True, default=None)


def _share(*, least: float = 0, **options: Any) -> serializers.FloatField:
    return serializers.FloatField(min_value=least, max_value=1, required=False, allow_null=True, **options)


def _count(*, least: int = 1, most: int = SMALL, **options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=least, max_value=most, **({"required": False, "allow_null": True} | options)
    )


class RunToSample(serializers.PrimaryKeyRelatedField[Run]):
    """One that the maker of the campaign may choose; any other does not exist for them."""

    def get_queryset(self) -> QuerySet[Run]:
        return runs_to_sample(self.context["maker"])


class PersonToAsk(serializers.SlugRelatedField[User]):
    def get_queryset(self) -> QuerySet[User]:
        return people_to_ask(self.context["maker"])


class RubricToRateBy(serializers.PrimaryKeyRelatedField[Rubric]):
    def get_queryset(self) -> QuerySet[Rubric]:
        return rubrics_to_rate_by(self.context["maker"])


def people_field(**options: Any) -> Any:
    # Any: with `many` the field is another than without
    return PersonToAsk(slug_field="username", queryset=User.objects.all(), many=True, **options)


class HarmlessFields(StrictSerializer[Any]):
    """What may be set at the start and changed while people label."""

    labels_per_person = _count(most=LARGEST_INTEGER, help_text="Most labels of one person; null: no limit.")
    minimum_seconds = _count(most=3600, help_text="A label made in less counts as implausibly fast.")
    control_every = _count(least=2, most=1000, help_text="One task in so many is a control item.")
    lowest_control_accuracy = _share(help_text="Who is surely below it is paused.")
    lowest_agreement = serializers.FloatField(min_value=-1, max_value=1, required=False, allow_null=True)
    reveals_judges = serializers.BooleanField(required=False)
    lease_seconds = _count(
        most=24 * 3600, allow_null=False, help_text="How long a task is kept for a person."
    )


class SettingsChangesSerializer(HarmlessFields):
    """What is left out stays."""

    max_overlap = _count(most=MOST_LABELS, allow_null=False, help_text="May only rise.")


class NewCampaignSerializer(HarmlessFields):
    """A new campaign. Runs are given by id, people by user name; what may be left out has a default.

    The context names its `maker`, who may not choose everything.
    """

    name = serializers.CharField(max_length=200)
    runs = RunToSample(queryset=Run.objects.all(), many=True, allow_empty=False)
    sample_size = _count(most=LARGEST_INTEGER, required=True, allow_null=False)
    sampling = serializers.ChoiceField(Sampling.of_runs(), default=CampaignSpec.sampling)
    enriched_share = serializers.FloatField(min_value=0.01, max_value=0.99, required=False)
    seed = serializers.IntegerField(min_value=0, max_value=LARGEST_INTEGER, required=False)
    annotators = people_field(allow_empty=False)
    leads = people_field(required=False)
    rubric = RubricToRateBy(
        queryset=Rubric.objects.all(),
        required=False,
        help_text="If it is not given, the newest that the caller may choose.",
    )
    threshold = serializers.IntegerField(min_value=SCALE[0], max_value=SCALE[-1], required=False)
    asks_correctness = serializers.BooleanField(required=False)
    guidelines = serializers.CharField(
        max_length=GUIDELINES_LENGTH, required=False, allow_blank=True, help_text="Markdown."
    )
    overlap = _count(most=MOST_LABELS, allow_null=False, default=CampaignSpec.overlap)
    max_overlap = _count(most=MOST_LABELS, allow_null=False)
    disagreement = serializers.ChoiceField(Disagreement.choices, required=False)
    disagreement_range = serializers.IntegerField(min_value=1, max_value=SCALE[-1] - SCALE[0], required=False)
    pass_mark = _share(least=0.01, help_text="Share of the qualification round to get right; null: none.")
    qualification_attempts = _count(most=100, allow_null=False)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if "enriched_share" in values and values["sampling"] != Sampling.ENRICHED:
            raise serializers.ValidationError({"enriched_share": ["Only an enriched sample has one."]})
        return values


class RubricSerializer(RowSerializer[Rubric]):
    """What the scores mean: an anchor for each, from 1 to 5, and instructions in Markdown."""

    anchors = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Rubric
        fields = ["id", "name", "version", "instructions", "anchors"]


class GuidelinesSerializer(serializers.Serializer[Guidelines]):
    """The guidelines in force, in Markdown; version 0: none were written. Imported ratings may lack a rubric."""

    version = serializers.IntegerField()
    text = serializers.CharField(allow_blank=True)
    rubric = RubricSerializer(allow_null=True)


class GuidelinesVersionSerializer(RowSerializer[Guidelines]):
    """A version of the guidelines, in Markdown, with how many labels by how many people were made by it."""

    created_by = serializers.SlugRelatedField[Guidelines](
        slug_field="username", read_only=True, allow_null=True
    )
    labels = serializers.IntegerField(source="label_count")
    people = serializers.IntegerField(source="person_count")

    class Meta:
        model = Guidelines
        fields = ["version", "text", "created_by", "created_at", "labels", "people"]


class NewGuidelinesSerializer(StrictSerializer[Guidelines]):
    """A new version; `based_on` is the one that was edited (0: none), so that nobody else's is overwritten."""

    text = serializers.CharField(max_length=GUIDELINES_LENGTH, allow_blank=True)
    based_on = serializers.IntegerField(min_value=0, max_value=LARGEST_INTEGER)


class MemberSerializer(RowSerializer[Member]):
    """A person in a campaign. Who was taken out is not active; who is paused gets no task."""

    username = serializers.CharField(source="user.username")

    class Meta:
        model = Member
        fields = [
            "id",
            "username",
            "role",
            "is_active",
            "paused_at",
            "pause_reason",
            "set_aside_at",
            "qualified_at",
            "created_at",
        ]
