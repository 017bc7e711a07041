"""Results as JSON: frozen dataclasses whose fields are the keys of the JSON, in their order.

One definition gives the object, its JSON (`dump`), the object again from stored JSON (`load`) and the JSON Schema
(`schema`). Pydantic does the work, and only here: creating a result costs what a plain dataclass costs.
"""

from collections.abc import Hashable, Mapping
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import Field, GetPydanticSchema, TypeAdapter, WithJsonSchema

T = TypeVar("T")

Json = dict[str, Any]  # Any: JSON of any depth

ItemId = Annotated[Hashable, WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer"}]})]
"""Names in imported ratings, else primary keys."""

Number = Annotated[int | float, WithJsonSchema({"type": "number"})]
"""A number that JSON has as it is: `1` or `1.0`. In a field that is a `float` every number is written as `1.0`."""

Internal = Annotated[T, GetPydanticSchema(lambda _source, handler: handler(Any)), Field(exclude=True)]
"""A field that the JSON does not have; it needs a default, which is what `load` gives it."""


def added(*, required: bool = False, null: bool = True) -> Any:  # Any: what pydantic makes of a field
    """Marks a key that documents of earlier versions lack; the field needs a default, which `load` gives it.

    `required`: the schema asks for the key all the same, which describes what is computed now. Not `null`: the field
    is None only if the key is missing, so the schema does not allow null.
    """
    return Field(json_schema_extra={"added": {"required": required, "null": null}})


def dump(result: object, *, of: type | None = None) -> Json:
    """The JSON of a result: plain dicts, lists, strings and numbers.

    `of` is a base class of the result, whose fields alone are written.

    NaN stays NaN, which `json.dumps(…, allow_nan=False)` refuses: results hold None for what is undefined.
    """
    document: Json = _adapter(of or type(result)).dump_python(result, mode="json", warnings="error")
    return document


def load(kind: type[T], stored: object) -> T:
    """The result that `dump` made this JSON of. Keys that the class does not know are ignored.

    Raises:
        pydantic.ValidationError: JSON of another class, or without a key that it needs.
    """
    result: T = _adapter(kind).validate_python(stored)  # type: ignore[arg-type] # a class is hashable
    return result


def schema(kind: type, *, descriptions: Mapping[str, str] | None = None) -> Json:
    """The JSON Schema of a result, with the definitions it refers to under `$defs`.

    Keys in `descriptions` say what they mean wherever they occur.
    """
    return dict(_plain(_adapter(kind).json_schema(mode="serialization"), descriptions or {}))


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # Any: classes, and types that hold them
    return TypeAdapter(kind)


LEFT_OUT = {"title", "description", "default", "added", "propertyNames"}
EVER = {"required": True, "null": True}
"""Of a key that every version has."""


def _plain(part: Any, descriptions: Mapping[str, str]) -> Any:  # Any: JSON of any depth
    """Pydantic's schema without titles and docstrings; every key is required, and no other is allowed."""
    if isinstance(part, list):
        return [_plain(element, descriptions) for element in part]
    if not isinstance(part, dict):
        return part
    rest = {
        key: _plain(value, descriptions)
        for key, value in part.items()
        if key not in LEFT_OUT and key not in {"properties", "required", "$defs"}
    }
    if "enum" in rest:
        rest.pop("type", None)
    if not part.get("added", EVER)["null"]:
        rest |= next(option for option in rest.pop("anyOf") if option != {"type": "null"})
    if "properties" in part:
        properties = part["properties"]
        rest["properties"] = {
            key: _plain(value, descriptions)
            | ({"description": descriptions[key]} if key in descriptions else {})
            for key, value in properties.items()
        }
        rest["required"] = sorted(
            key for key, value in properties.items() if value.get("added", EVER)["required"]
        )
        rest["additionalProperties"] = False
    if "$defs" in part:
        rest["$defs"] = {name: _plain(value, descriptions) for name, value in part["$defs"].items()}
    return rest
