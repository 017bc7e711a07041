"""Beginning to label imported items."""

from typing import Any

from rest_framework import serializers

from annotations.campaigns.selectors.items_to_label import ItemsLeft
from annotations.campaigns.serializers.campaigns import MOST_LABELS, people_field
from annotations.labelling.selectors.questions import Askable
from annotations.models import Campaign
from annotations.models.campaign import Sampling
from core.api.queries import LARGEST_INTEGER
from core.api.strict import StrictSerializer
from core.models import User

MOST_CRITERIA = 200


class AskableSerializer(serializers.Serializer[Askable]):
    """A criterion by the key by which it is asked and answered. `problem`: why it cannot be asked; empty: it can."""

    key = serializers.CharField()
    question = serializers.CharField(source="name")
    is_asked = serializers.BooleanField()
    problem = serializers.CharField(allow_blank=True)


class ItemsLeftSerializer(serializers.Serializer[Any]):
    """Items that are not labelled yet, by the number of people who had rated them when they were imported."""

    rated_by = serializers.IntegerField()
    items = serializers.IntegerField()


class LabellingSerializer(serializers.Serializer[Any]):
    """What people label in a campaign of imported items, and what else they could.

    `items` are labelled or are being labelled, by `labels_per_item` people at most; `sampling` is null before the
    first.
    """

    items = serializers.IntegerField()
    labels_per_item = serializers.IntegerField(allow_null=True)
    sampling = serializers.ChoiceField(Sampling.of_items(), allow_null=True)
    criteria = AskableSerializer(many=True)
    left = ItemsLeftSerializer(many=True)


def labelling_data(campaign: Campaign, criteria: list[Askable], left: ItemsLeft, tasks: int) -> Any:
    # Any: JSON
    return LabellingSerializer(
        {
            "items": tasks,
            "labels_per_item": campaign.overlap if tasks else None,
            "sampling": campaign.sampling if tasks else None,
            "criteria": criteria,
            "left": [{"rated_by": people, "items": items} for people, items in left.counts],
        }
    ).data


class NewLabellingSerializer(StrictSerializer[Any]):
    """What to begin with, or to add.

    `criteria` are the keys of those to ask; `annotators` join the campaign, in which everybody labels who is in it.
    `items` left out or null: all that are left. Items are drawn at random: of those that the fewest people have rated
    (`fewest_ratings`), or of all (`random`); later rounds are drawn as the first was.
    """

    criteria = serializers.ListField(
        child=serializers.CharField(max_length=120), allow_empty=False, max_length=MOST_CRITERIA
    )
    items = serializers.IntegerField(
        min_value=1, max_value=LARGEST_INTEGER, required=False, allow_null=True, default=None
    )
    labels_per_item = serializers.IntegerField(min_value=1, max_value=MOST_LABELS, default=1)
    annotators = people_field(required=False, default=list)
    sampling = serializers.ChoiceField(Sampling.of_items(), required=False)
    seed = serializers.IntegerField(
        min_value=0, max_value=LARGEST_INTEGER, required=False, allow_null=True, default=None
    )

    def validate_annotators(self, people: list[User]) -> list[User]:
        return list(dict.fromkeys(people))
