"""Ratings that people and judges made elsewhere."""

from typing import Any

from rest_framework import serializers

from annotations.models.campaign import RatingScale
from annotations.services.ratings_import import NAME_LENGTH
from evaluation.api.serializers.imports import ImportedSerializer, NamedSerializer

MOST_FILES = 50


def _files(**options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.FileField(), required=False, max_length=MOST_FILES, **options
    )


class RatingsFilesSerializer(serializers.Serializer[Any]):
    """Files of ratings, CSV or JSON lines, into a campaign of their own. Left out, the threshold is 3 on an ordinal
    scale of 1 to 5, and elsewhere ratings are not cut.
    """

    name = serializers.CharField(max_length=NAME_LENGTH, help_text="Of the campaign that will hold them.")
    human = _files(help_text="People's ratings.")
    judge = _files(help_text="Judges' ratings; not needed where the first file has a column kind.")
    scale = serializers.ChoiceField(RatingScale.choices, required=False, default=str(RatingScale.ORDINAL))
    threshold = serializers.FloatField(
        required=False, allow_null=True, default=None, help_text="From it on, a rating counts as followed."
    )
    is_cut = serializers.BooleanField(required=False, default=True)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if not (given.get("human") or given.get("judge")):
            raise serializers.ValidationError({"human": ["Give at least one file."]})
        if not given["is_cut"] and given["threshold"] is not None:
            raise serializers.ValidationError(
                {"threshold": ["Either give a threshold, or do not cut the ratings."]}
            )
        return given


class RatingsImportSerializer(ImportedSerializer):
    """What became of the files. `missing` are ratings that were not given, of items × raters."""

    message = None  # type: ignore[assignment] # this import says it in numbers
    campaign = NamedSerializer()
    scale = serializers.ChoiceField(RatingScale.choices)
    threshold = serializers.FloatField(allow_null=True)
    items = serializers.IntegerField()
    people = serializers.IntegerField()
    judges = serializers.IntegerField()
    ratings = serializers.IntegerField()
    missing = serializers.IntegerField()
