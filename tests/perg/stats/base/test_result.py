"""One definition gives a result, its JSON, the result again and the schema."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
import pytest
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from perg.stats.base.estimate import Estimate
from perg.stats.base.result import Internal, ItemId, Number, added, dump, load, schema
from perg.stats.base.undefined import Undefined


@dataclass(frozen=True, slots=True)
class Part:
    item: ItemId
    rate: Estimate


@dataclass(frozen=True, slots=True)
class Whole:
    kind: Literal["a", "b"]
    later: Annotated[int | None, added(null=False)] = field(default=None, kw_only=True)
    parts: tuple[Part, ...] | Undefined
    categories: tuple[Number, ...]
    draws: Internal[np.ndarray | None] = None


@dataclass(frozen=True, slots=True)
class Named(Whole):
    name: str = field(kw_only=True)


WHOLE = Whole(
    "a", (Part(3, Estimate.of(0.5, 4, None)), Part("x", Estimate.of_nothing("none"))), (1, 2.5), later=7
)
DOCUMENT = {
    "kind": "a",
    "later": 7,
    "parts": [
        {
            "item": 3,
            "rate": {"value": 0.5, "n": 4, "low": None, "high": None, "undefined": None, "warnings": []},
        },
        {
            "item": "x",
            "rate": {"value": None, "n": 0, "low": None, "high": None, "undefined": "none", "warnings": []},
        },
    ],
    "categories": [1, 2.5],
}


def test_the_json_has_the_fields_in_their_order_and_numbers_as_they_are() -> None:
    document = dump(WHOLE)
    assert document == DOCUMENT
    assert list(document) == list(DOCUMENT)
    assert [type(category) for category in document["categories"]] == [int, float]


def test_json_is_loaded_as_the_result_that_it_was_made_of() -> None:
    assert load(Whole, dump(WHOLE)) == WHOLE
    undefined = Whole("b", Undefined("nobody rated anything"), ())
    assert dump(undefined)["parts"] == {"undefined": "nobody rated anything"}
    assert load(Whole, dump(undefined)) == undefined


def test_a_key_that_was_added_may_be_missing_and_one_of_later_versions_is_ignored() -> None:
    earlier = {key: value for key, value in DOCUMENT.items() if key != "later"} | {"unknown": 1}
    assert load(Whole, earlier).later is None


def test_json_without_a_key_that_is_needed_is_refused() -> None:
    with pytest.raises(ValidationError, match="parts"):
        load(Whole, {"kind": "a", "categories": []})
    with pytest.raises(ValidationError, match="either a value or a reason"):
        load(Estimate, {"value": None, "n": 1, "low": None, "high": None, "undefined": None})


def test_an_internal_field_is_in_neither_json_nor_schema() -> None:
    internal = Whole("a", (), (), np.ones(2))
    assert "draws" not in dump(internal)
    assert "draws" not in schema(Whole)["properties"]


def test_a_base_class_says_which_fields_are_written() -> None:
    named = Named("a", (), (), name="n")
    assert dump(named)["name"] == "n"
    assert "name" not in dump(named, of=Whole)


def test_a_value_of_another_type_than_declared_is_an_error() -> None:
    with pytest.raises(PydanticSerializationError):
        dump(Undefined(3))  # type: ignore[arg-type]


def test_the_schema_asks_for_every_key_but_added_ones_and_allows_no_other() -> None:
    whole = schema(Whole, descriptions={"n": "How many."})
    assert whole["required"] == ["categories", "kind", "parts"]
    assert whole["additionalProperties"] is False
    assert whole["properties"]["later"] == {"type": "integer"}
    assert whole["properties"]["kind"] == {"enum": ["a", "b"]}
    assert whole["properties"]["categories"] == {"type": "array", "items": {"type": "number"}}
    assert whole["$defs"]["Part"]["properties"]["item"] == {
        "anyOf": [{"type": "string"}, {"type": "integer"}]
    }
    assert whole["$defs"]["Estimate"]["properties"]["n"] == {"type": "integer", "description": "How many."}
    assert "warnings" not in whole["$defs"]["Estimate"]["required"]
