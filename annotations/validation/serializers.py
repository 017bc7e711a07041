"""Ratings that people and judges made elsewhere."""

from typing import Any

from rest_framework import serializers

from annotations.models.imported import RatingScale
from annotations.validation.services.ratings_import import NAME_LENGTH
from core.api.strict import StrictSerializer

MOST_FILES = 50


def _files(**options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.FileField(), required=False, max_length=MOST_FILES, **options
    )


def _labels(help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(), required=False, default=list, help_text=help_text
    )


class RatingsFilesSerializer(StrictSerializer[Any]):
    """Files of ratings, CSV or JSON lines, into a campaign of their own.

    `failure` or, on an ordered scale, `threshold` states what counts as a failure. By default it is a rating below 3 on
    an ordinal scale of exactly 1 to 5. With two categories it must be stated, or `is_cut` be false; otherwise the
    import is refused with `failure_not_stated`. In all other cases failure rates are undefined.
    """

    name = serializers.CharField(max_length=NAME_LENGTH, help_text="Of the campaign that will hold them.")
    human = _files(help_text="People's ratings.")
    judge = _files(help_text="Judges' ratings; not needed where the first file has a column kind.")
    scale = serializers.ChoiceField(RatingScale.choices, required=False, default=str(RatingScale.ORDINAL))
    categories = _labels(
        "The scale: labels, numbers, or a range such as 1..5. By default, the ratings that occur."
    )
    failure = _labels("Labels that count as failures.")
    threshold = serializers.FloatField(
        required=False, allow_null=True, default=None, help_text="Lower ratings count as failures."
    )
    is_cut = serializers.BooleanField(required=False, default=True)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if not (values.get("human") or values.get("judge")):
            raise serializers.ValidationError({"human": ["Give at least one file."]})
        if not values["is_cut"] and values["threshold"] is not None:
            raise serializers.ValidationError(
                {"threshold": ["Give a threshold, or set is_cut to false, not both."]}
            )
        return values
