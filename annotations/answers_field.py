"""Answers to criteria in the REST API, for every room that shows labels."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

ANSWER = {
    "anyOf": [{"type": ["string", "number", "null"]}, {"type": "array", "items": {"type": "string"}}],
}


@extend_schema_field({"type": "object", "additionalProperties": ANSWER})
class AnswersField(serializers.JSONField):
    """By the key of the criterion: the key of an option, a number, a text, or a list of keys. Null for a response,
    which has a score. What is sent is checked by the service that takes it.
    """

    def __init__(self, **options: Any) -> None:
        text = (
            "To the criteria of an imported item, by their keys: the key of an option, a number, a text, or a list of "
            "the keys of options. Null for a response, which has a score."
        )
        super().__init__(**({"help_text": text} | options))
