"""A field of JSON in a form."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.text.strict_json import strict_json


class StrictJsonField(forms.CharField):
    """JSON as the API takes it, see `strict_json`; None where nothing is entered.

    Not Django's own, which reads what was entered without a limit on its depth, and again to show it.
    """

    def to_python(self, value: Any) -> Any:
        # Any: as Django declares it, and whatever JSON may nest
        text = super().to_python(value)
        try:
            return strict_json(text) if text else None
        except ValueError as error:
            raise ValidationError(f"This is not valid JSON: {error}.", code="invalid") from error

    def prepare_value(self, value: Any) -> Any:
        # Any: what was entered, a text; or the value to begin with
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
