"""The JSON Schema of result classes, as a document of its own and as a part of the OpenAPI document."""

from collections.abc import Mapping
from typing import Any

from perg.stats.base.result import Json, schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(document: type, *, title: str, descriptions: Mapping[str, str] | None = None) -> Json:
    """The schema of a class; keys in `descriptions` say what they mean wherever they occur."""
    whole, name = schema(document, descriptions=descriptions), document.__name__
    definitions = whole.pop("$defs", {})
    return {
        "$schema": DIALECT,
        "title": title,
        "$ref": f"#/$defs/{name}",
        "$defs": {name: whole, **definitions},
    }


def inline_schema(document: type, *, descriptions: Mapping[str, str] | None = None) -> Json:
    """The same without named definitions, as a part of an OpenAPI document: each is written where it is used."""
    whole = schema(document, descriptions=descriptions)
    definitions = whole.pop("$defs", {})

    def inlined(part: Any) -> Any:  # Any: JSON of any depth
        if isinstance(part, list):
            return [inlined(element) for element in part]
        if not isinstance(part, dict):
            return part
        reference = part.get("$ref", "")
        rest = {key: inlined(value) for key, value in part.items() if key != "$ref"}
        return {**inlined(definitions[reference.rpartition("/")[2]]), **rest} if reference else rest

    return dict(inlined(whole))
