"""Imported items with their ratings, as programs see them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations.items.selectors.items import LONGEST_LABEL, ORDERS, SHOWS
from annotations.items.selectors.ratings import CriterionRatings, ItemLine
from annotations.models.imported import RatedBy
from core.api.queries import ListQuery

KINDS = [(RatedBy.HUMAN.value, "Person"), (RatedBy.JUDGE.value, "Judge")]


class ItemQuery(ListQuery):
    """Which items, in which order. Without a criterion, what needs one is of the campaign's first.

    Instead of a label, `failure:yes` is any answer that counts as a failure, `failure:no` any other.
    """

    criterion = serializers.CharField(required=False, help_text="Key of a criterion: only its ratings.")
    judge = serializers.CharField(
        required=False, help_text="Name of the judge whom the other filters are of."
    )
    show = serializers.ChoiceField([(name, label) for name, label in SHOWS.items() if name], required=False)
    judge_label = serializers.CharField(
        required=False, max_length=LONGEST_LABEL, help_text="What the judge says of the item."
    )
    people_label = serializers.CharField(
        required=False,
        max_length=LONGEST_LABEL,
        help_text="What people say of it, as the validation report counts: their majority, without ties.",
    )
    attribute = serializers.CharField(required=False, max_length=400, help_text="name=value")
    search = serializers.CharField(required=False, max_length=200, help_text="A part of a text or an id.")
    order = serializers.ChoiceField([*ORDERS.items()], required=False)


class ImportedRatingSerializer(serializers.Serializer[Any]):
    """A rating. `label` is the value in words where that is a place on a scale of names."""

    criterion = serializers.CharField()
    rater = serializers.CharField()
    kind = serializers.ChoiceField(KINDS)
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # Field has a `label` of its own
    is_failure = serializers.BooleanField()
    explanation = serializers.CharField(allow_blank=True)
    swapped = serializers.BooleanField(help_text="The two outputs were shown in the other order.")


class RatingsApartSerializer(serializers.Serializer[Any]):
    """How far an item's ratings by one criterion are apart; null where there are too few."""

    criterion = serializers.CharField(source="criterion.key")
    people = serializers.SerializerMethodField()
    judges = serializers.SerializerMethodField()
    disagreement = serializers.FloatField(allow_null=True)

    def get_people(self, of: CriterionRatings) -> int:
        return len(of.people)

    def get_judges(self, of: CriterionRatings) -> int:
        return len(of.judges)


class ImportedItemSerializer(serializers.Serializer[Any]):
    """An imported item with its ratings; `beginning` is that of its output."""

    id = serializers.IntegerField(source="item.pk")
    external_id = serializers.CharField(source="item.external_id")
    position = serializers.IntegerField(source="item.position")
    cluster = serializers.CharField(source="item.cluster", allow_blank=True)
    attributes = serializers.DictField(
        source="item.attributes", child=serializers.CharField(allow_blank=True)
    )
    beginning = serializers.CharField(allow_blank=True)
    criteria = RatingsApartSerializer(source="by_criterion", many=True)
    ratings = serializers.SerializerMethodField()

    @extend_schema_field(ImportedRatingSerializer(many=True))
    def get_ratings(self, line: ItemLine) -> list[dict[str, Any]]:
        return [
            ImportedRatingSerializer(
                {"criterion": of.criterion.key, **{name: getattr(rating, name) for name in rating.__slots__}}
            ).data
            for of in line.by_criterion
            for rating in of.ratings
        ]


class BlockSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    content = serializers.JSONField()
    heading = serializers.CharField(allow_blank=True)


class ExhibitSerializer(serializers.Serializer[Any]):
    """What raters saw."""

    context = BlockSerializer(many=True)  # type: ignore[assignment] # Field has a `context` of its own
    outputs = serializers.ListField(child=BlockSerializer(many=True))
    reference = BlockSerializer(many=True)


class ImportedItemDetailSerializer(ImportedItemSerializer):
    """An imported item with what raters saw of it; an empty `exhibit` where the file had no texts."""

    exhibit = serializers.SerializerMethodField()

    @extend_schema_field(ExhibitSerializer)
    def get_exhibit(self, line: ItemLine) -> Any:
        # Any: as it is stored
        return line.item.exhibit or {"context": [], "outputs": [], "reference": []}
