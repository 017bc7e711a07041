"""Building a catalogue: what to ask for, how far that is, and the proposals to review."""

from typing import Any

from rest_framework import serializers

from core.api.dataclass_serializer import DataclassSerializer
from core.api.queries import LARGEST_ID, ListQuery, id_filter
from core.api.strict import StrictSerializer
from evaluation.library.selectors.catalogues import BuildProgress, catalogues_with_irrelevant
from evaluation.library.services.catalogue_building import MAX_NAME, MAX_PROPOSALS, MAX_SEED
from evaluation.models import CatalogueBuild, Dataset, Endpoint, Proposal
from evaluation.models.catalogue_build import MAX_PER_QUESTION, BuildStatus, ProposalStatus
from evaluation.models.dataset import PreferenceCategory
from evaluation.runs.serializers.runs import LEAST_MONEY
from evaluation.stages.propose import MAX_TEXT

MOST_MERGED = 500


def _budget(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=12, decimal_places=4, min_value=LEAST_MONEY, allow_null=True, **options
    )


class BuildSerializer(serializers.ModelSerializer[CatalogueBuild]):
    """A list of proposed preferences on its way to a version of a catalogue; `name` is that of the catalogue to make,
    `catalogue` the result. Money in US dollars.
    """

    dataset = serializers.CharField(source="dataset.name", read_only=True)
    endpoint = serializers.CharField(source="endpoint.name", read_only=True)

    class Meta:
        model = CatalogueBuild
        fields = [
            "id",
            "name",
            "dataset",
            "endpoint",
            "prompt",
            "sample_size",
            "per_question",
            "seed",
            "money_budget",
            "status",
            "catalogue",
            "created_at",
        ]
        read_only_fields = fields


class BuildQuery(ListQuery):
    """Filters of the list of builds."""

    status = serializers.ChoiceField(BuildStatus.choices, required=False)
    dataset = id_filter("dataset")
    endpoint = id_filter("endpoint")
    search = serializers.CharField(required=False, max_length=200, help_text="A part of the name.")


class BuildSizeSerializer(StrictSerializer[Any]):
    """Whom to ask about how many questions of a dataset; both are named by their names."""

    dataset = serializers.SlugRelatedField(slug_field="name", queryset=Dataset.objects.all())
    endpoint = serializers.SlugRelatedField(
        slug_field="name", queryset=Endpoint.objects.all(), help_text="Proposes the preferences."
    )
    sample_size = serializers.IntegerField(
        min_value=1, max_value=MAX_PROPOSALS, help_text="Questions; each takes one call."
    )
    per_question = serializers.IntegerField(
        min_value=1, max_value=MAX_PER_QUESTION, help_text="Proposals for each question."
    )


class NewBuildSerializer(BuildSizeSerializer):
    """A build to start. A name that there is already gets a new version; the same seed draws the same questions."""

    name = serializers.CharField(max_length=MAX_NAME)
    seed = serializers.IntegerField(min_value=0, max_value=MAX_SEED, required=False)
    money_budget = _budget(
        required=False, help_text="Questions that it has no room for are not asked; null: no limit."
    )


class BuildBudgetSerializer(StrictSerializer[Any]):
    """What a build may spend, in US dollars; null: no limit."""

    money_budget = _budget()


class BuildStateSerializer(DataclassSerializer[BuildProgress]):
    """How many questions wait (`unasked`: nobody has been called about these), are read, have failed; what calls have
    cost so far (null: unpriced); and the proposals by status.
    """

    dataclass = BuildProgress


class BuildFailureSerializer(serializers.Serializer[Any]):
    """Why questions have no proposals, and how many."""

    failure = serializers.CharField()
    count = serializers.IntegerField()


class BuildProgressSerializer(serializers.Serializer[Any]):
    """Where a build stands."""

    build = BuildSerializer()
    progress = BuildStateSerializer()
    failures = BuildFailureSerializer(many=True)


class ProposalSerializer(serializers.ModelSerializer[Proposal]):
    """A preference that an endpoint proposed for a question, with its `reason`; `merged_into` stands for it, too."""

    question_text = serializers.CharField(source="question.text", read_only=True)

    class Meta:
        model = Proposal
        fields = [
            "id",
            "build",
            "question",
            "question_text",
            "position",
            "text",
            "reason",
            "category",
            "status",
            "merged_into",
        ]
        read_only_fields = fields


class ProposalQuery(ListQuery):
    """Filters of a build's proposals."""

    status = serializers.ChoiceField(ProposalStatus.choices, required=False)
    category = serializers.ChoiceField(PreferenceCategory.choices, required=False)


class ProposalTextSerializer(StrictSerializer[Any]):
    """What a proposal is to say; what is left out stays."""

    text = serializers.CharField(max_length=MAX_TEXT, required=False)
    category = serializers.ChoiceField(PreferenceCategory.choices, required=False)


class MergeSerializer(StrictSerializer[Any]):
    """Proposals that another one of the same build is to stand for, by id."""

    into = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    proposals = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID),
        allow_empty=False,
        max_length=MOST_MERGED,
    )


class NearDuplicatesSerializer(serializers.Serializer[Any]):
    """Proposals that say nearly the same, by id; the first is the one that the others repeat."""

    proposals = serializers.ListField(child=serializers.IntegerField())


class ReleaseCatalogueSerializer(StrictSerializer[Any]):
    """What comes with the accepted proposals."""

    irrelevant_from = serializers.PrimaryKeyRelatedField(
        queryset=catalogues_with_irrelevant(),
        required=False,
        allow_null=True,
        help_text="Id of a catalogue: all its irrelevant preferences are copied. Runs in the settings mixed and "
        "irrelevant need some.",
    )
