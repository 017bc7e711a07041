"""JSON as the importers read it: stricter than Python where that would lose or make up something."""

import json
import math
from collections import Counter
from typing import Any


class DoubledKey(ValueError):
    """An object has a key twice, so that one of two values would be lost."""


def read_json(text: str) -> Any:  # Any: whatever JSON may nest
    """The value of a JSON text. `NaN`, which data frames write for what is missing, is None.

    Raises `DoubledKey`; ValueError where the text is no JSON or has a number without bounds; RecursionError where it
    is nested too deeply.
    """
    return json.loads(
        text, object_pairs_hook=object_of_pairs, parse_constant=_constant, parse_float=finite_number
    )


def object_of_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object with these keys and values. Raises `DoubledKey`."""
    values = dict(pairs)
    if len(values) < len(pairs):
        doubled = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise DoubledKey(f"the key “{doubled[:60]}” occurs more than once in an object")
    return values


def _constant(name: str) -> None:
    if name != "NaN":
        raise ValueError(f"{name} is no number in JSON")


def finite_number(digits: str) -> float:
    """The number that the digits write. Raises ValueError where it is too large to be one."""
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:60]} is too large a number")
    return number
