"""The JSON Schema of documents that are declared as TypedDicts: one declaration serves the type checker and programs.

(pydantic would do it, too, but on Python 3.11 takes only the TypedDict of typing_extensions.)
"""

import types
from collections.abc import Hashable, Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}

Schema = dict[str, Any]  # Any: a schema is JSON of any depth


def json_schema(document: type, *, title: str, descriptions: Mapping[str, str] | None = None) -> Schema:
    """The schema of a TypedDict; keys found in `descriptions` say what they mean wherever they occur.

    Raises:
        TypeError: a type that JSON has no counterpart for.
    """
    builder = _Builder(descriptions or {})
    root = builder.of(document)
    return {"$schema": DIALECT, "title": title, **root, "$defs": builder.found}


def inline_schema(document: type, *, descriptions: Mapping[str, str] | None = None) -> Schema:
    """The same without named definitions, as a part of an OpenAPI document: each is written where it is used."""
    whole = json_schema(document, title="", descriptions=descriptions)
    definitions = whole["$defs"]

    def inlined(part: Any) -> Any:  # Any: JSON of any depth
        if isinstance(part, list):
            return [inlined(each) for each in part]
        if not isinstance(part, dict):
            return part
        reference = part.get("$ref", "")
        rest = {key: inlined(value) for key, value in part.items() if key != "$ref"}
        return {**inlined(definitions[reference.rpartition("/")[2]]), **rest} if reference else rest

    return dict(inlined({"$ref": whole["$ref"]}))


class _Builder:
    """Every TypedDict becomes a named definition, so that those used twice are written once."""

    def __init__(self, descriptions: Mapping[str, str]) -> None:
        self.descriptions = descriptions
        self.found: dict[str, Schema] = {}

    def of(self, declared: Any) -> Schema:  # Any: types as get_type_hints gives them
        if is_typeddict(declared):
            return self._object(declared)
        if declared in PLAIN:
            return {"type": PLAIN[declared]}
        if declared is Hashable:  # ids of items: names in imported ratings, else primary keys
            return self.of(str | int)
        if declared is object:
            return {}
        origin, arguments = get_origin(declared), get_args(declared)
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.of(argument) for argument in arguments]}
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin is list:
            return {"type": "array", "items": self.of(arguments[0])}
        if origin is dict and arguments[0] is str:
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        raise TypeError(f"JSON has no counterpart for {declared!r}")

    def _object(self, declared: Any) -> Schema:
        name: str = declared.__name__.removesuffix("Dict")
        if name not in self.found:
            self.found[name] = {}  # a definition that contains itself finds its name taken
            hints = get_type_hints(declared)
            self.found[name] |= {
                "type": "object",
                "properties": {key: self._property(key, hint) for key, hint in hints.items()},
                "required": sorted(declared.__required_keys__),
                "additionalProperties": False,
            }
        return {"$ref": f"#/$defs/{name}"}

    def _property(self, key: str, hint: Any) -> Schema:
        described = {"description": self.descriptions[key]} if key in self.descriptions else {}
        return self.of(hint) | described
