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


def _labels(help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(), required=False, default=list, help_text=help_text
    )


class RatingsFilesSerializer(serializers.Serializer[Any]):
    """Files of ratings, CSV or JSON lines, into a campaign of their own.

    State what a failure is by `failure`, or on an ordered scale by the `threshold`. Left out, it is a rating below 3 on
    an ordinal scale of exactly 1 to 5; where there are two categories only, the answer is `failure_not_stated`;
    elsewhere, and with `is_cut` false, rates of failure are undefined.
    """

    name = serializers.CharField(max_length=NAME_LENGTH, help_text="Of the campaign that will hold them.")
    human = _files(help_text="People's ratings.")
    judge = _files(help_text="Judges' ratings; not needed where the first file has a column kind.")
    scale = serializers.ChoiceField(RatingScale.choices, required=False, default=str(RatingScale.ORDINAL))
    categories = _labels("Of the scale: labels, numbers, or a range such as 1..5; else those that occur.")
    failure = _labels("Labels that are failures.")
    threshold = serializers.FloatField(
        required=False, allow_null=True, default=None, help_text="Ratings below it are failures."
    )
    is_cut = serializers.BooleanField(required=False, default=True)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if not (given.get("human") or given.get("judge")):
            raise serializers.ValidationError({"human": ["Give at least one file."]})
        if not given["is_cut"] and given["threshold"] is not None:
            raise serializers.ValidationError(
                {"threshold": ["Either give a threshold, or set is_cut to false."]}
            )
        return given


class RatingsImportSerializer(ImportedSerializer):
    """What became of the files. `missing` are ratings that were not given, of items × raters.

    `failure stated`: the campaign had these ratings already, and now it is stated what a failure is.
    """

    status = serializers.ChoiceField(["imported", "unchanged", "failure stated"])
    message = None  # type: ignore[assignment] # this import says it in numbers
    campaign = NamedSerializer()
    scale = serializers.ChoiceField(RatingScale.choices)
    categories = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="The scale that was stated, if one was."
    )
    threshold = serializers.FloatField(allow_null=True)
    failures = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="Labels that are failures, if it was stated.",
    )
    items = serializers.IntegerField()
    people = serializers.IntegerField()
    judges = serializers.IntegerField()
    ratings = serializers.IntegerField()
    missing = serializers.IntegerField()
    warnings = serializers.ListField(
        child=serializers.CharField(), help_text="What of the ratings may be a mistake."
    )
