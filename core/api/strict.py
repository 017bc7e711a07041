"""What a program sends is checked name by name: a field with a typing error in it must not look as if it counted."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.http import QueryDict
from pydantic import BaseModel
from pydantic import ValidationError as SchemaError
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, UnsupportedMediaType
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.views import APIView

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V", bound=APIView)

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
NUMBERS = (serializers.IntegerField, serializers.FloatField, serializers.DecimalField)
LISTS = (serializers.ListField, serializers.ListSerializer, serializers.ManyRelatedField)
LONGEST_NAME = 60
FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")

Data = Mapping[str, Any]  # Any: JSON, or the values of a form


class StrictSerializer(serializers.Serializer[T]):
    """Refuses names that it does not have, names that come twice, and numbers in forms that could be mistaken.

    `shown` in the context is what GET gives of the thing that is changed: names that can only be read may be sent back
    with the value that they have, and what may be left out and has the value that is shown counts as left out.
    """

    @classmethod
    def values_in(cls, data: object, *, partial: bool = False, shown: object = None) -> dict[str, Any]:
        """The valid values of what was sent. Raises ValidationError.

        Args:
            data: the body of a request, or the options of an address.
            partial: every field may be left out.
            shown: as above.
        """
        serializer = cls(data=data, partial=partial, context={} if shown is None else {"shown": shown})
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def to_internal_value(self, data: Any) -> Any:
        # Any: as REST framework declares it; the JSON that was sent
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)  # which says that an object is due
        data = self._without_unchanged(data)
        errors: dict[str, Any] = dict(self._errors_of(data))
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            others = error.detail if isinstance(error.detail, dict) else {}
            raise serializers.ValidationError(errors | {**others, **errors}) from error
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def _without_unchanged(self, data: Data) -> Data:
        shown = self.context.get("shown")
        if shown is None or isinstance(data, QueryDict):
            return data
        shown = json.loads(JSONRenderer().render(shown))
        return {
            name: value
            for name, value in data.items()
            if name not in shown or value != shown[name] or self._is_required(name)
        }

    def _is_required(self, name: str) -> bool:
        return name in self.fields and self.fields[name].required

    def _errors_of(self, data: Data) -> Iterator[tuple[str, list[ErrorDetail]]]:
        for name, value in data.items():
            field = self.fields.get(str(name))
            if field is None or field.read_only:
                yield str(name)[:LONGEST_NAME], [ErrorDetail(self._unknown(str(name)), code="unknown_field")]
            elif isinstance(data, QueryDict) and not isinstance(field, LISTS) and len(data.getlist(name)) > 1:
                yield name, [ErrorDetail("It is there more than once.", code="repeated_field")]
            elif _is_odd_number(field, value):
                yield name, [ErrorDetail("A valid number is required.", code="invalid")]

    def _unknown(self, name: str) -> str:
        """What to say of a name that is not known here."""
        if name in (self.context.get("shown") or ()):
            return "This field can only be read. Leave it out, or send the value that it has."
        for inner, field in self.fields.items():
            if name in _names_within(field):
                return f"There is no such field here. It belongs in “{inner}”."
        known = [name for name, field in self.fields.items() if not field.read_only]
        close = get_close_matches(name, known, n=1)
        hint = f" Did you mean “{close[0]}”?" if close else ""
        return f"There is no such field.{hint} Fields: {', '.join(known) or 'none'}."


class SchemaField(serializers.JSONField):
    """A JSON object that a pydantic model describes; gives the model. Subclasses name it in `schema`."""

    schema: type[BaseModel]

    def to_internal_value(self, data: Any) -> Any:
        # Any: as REST framework declares it; this gives a `schema`
        data = super().to_internal_value(data)
        try:
            return self.schema.model_validate(data)
        except SchemaError as error:
            raise serializers.ValidationError(dict(map(self._problem, error.errors()))) from error

    def _problem(self, error: Any) -> tuple[str, list[ErrorDetail]]:
        # Any: pydantic's description of an error
        name = str(error["loc"][0]) if error["loc"] else api_settings.NON_FIELD_ERRORS_KEY
        if error["type"] != "extra_forbidden":
            return name, [ErrorDetail(error["msg"], code="invalid")]
        known = list(self.schema.model_fields)
        close = get_close_matches(name, known, n=1)
        hint = f" Did you mean “{close[0]}”?" if close else ""
        message = f"There is no such field.{hint} Fields: {', '.join(known)}."
        return name[:LONGEST_NAME], [ErrorDetail(message, code="unknown_field")]


class _Nothing(StrictSerializer[Any]):
    """The body of a request that takes none."""


def refuse_body(request: Request) -> None:
    """Raise ValidationError where a request that takes no body has fields, also those of a form."""
    try:
        body = request.data
    except UnsupportedMediaType:
        if not request.content_type.startswith(FORM_TYPES):
            raise
        body = request._request.POST
    _Nothing.values_in(body)


def without_body(
    handler: Callable[Concatenate[V, Request, P], T],
) -> Callable[Concatenate[V, Request, P], T]:
    """Decorate a view's method that takes no body: an empty one or `{}` will do, fields are refused."""

    @wraps(handler)
    def checked(self: V, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> T:
        refuse_body(request)
        return handler(self, request, *args, **kwargs)

    return checked


def _names_within(field: serializers.Field[Any, Any, Any, Any]) -> set[str]:
    """The names that a field's own objects have."""
    if isinstance(field, SchemaField):
        return set(field.schema.model_fields)
    inner = getattr(field, "child", field)
    return set(inner.fields) if isinstance(inner, serializers.Serializer) else set()


def _is_odd_number(field: serializers.Field[Any, Any, Any, Any], value: Any) -> bool:
    """Whether a number is written in a form that is read by accident: `1_0`, `１２`, ` 5 `, `nan`, `true`."""
    # Any: what was sent for the field
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return any(_is_odd_number(field.child, number) for number in value)
    if not isinstance(field, NUMBERS):
        return False
    if isinstance(value, str) and value:
        return NUMBER.fullmatch(value) is None
    return isinstance(value, bool)
