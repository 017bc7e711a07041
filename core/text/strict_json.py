"""JSON that somebody sends: with one meaning, of a depth that is handled safely, and texts that can be stored."""

import json
from typing import Any

from perg.formats.json_text import finite_number, object_of_pairs

DEEPEST = 50
NULL = "Null characters are not allowed."
SURROGATE = "Lone surrogates are not allowed: they are no text."


class UnstorableText(ValueError):
    """A text in the document cannot be stored; `path` is where it is."""

    def __init__(self, path: tuple[str, ...], problem: str) -> None:
        super().__init__(problem)
        self.path = path


def strict_json(text: str) -> Any:
    """The value of a JSON text. Raises `UnstorableText`; another ValueError where the text is no JSON, has a key twice
    in one object, `NaN` or a number without bounds, or is nested deeper than anything that is expected.
    """
    # Any: whatever JSON may nest
    try:
        document = json.loads(
            text,
            object_pairs_hook=object_of_pairs,
            parse_constant=_refused_constant,
            parse_float=finite_number,
        )
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    _check(document)
    return document


def unstorable(text: str) -> str | None:
    """Why PostgreSQL cannot store the text; None: it can."""
    if "\0" in text:
        return NULL
    try:
        text.encode()
    except UnicodeEncodeError:
        return SURROGATE
    return None


def _refused_constant(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


def _check(document: Any) -> None:
    # Any: JSON of any depth, walked without recursion
    waiting: list[tuple[tuple[str, ...], Any]] = [((), document)]
    while waiting:
        path, value = waiting.pop()
        if len(path) > DEEPEST:
            raise ValueError("nested too deeply")
        if isinstance(value, str) and (problem := unstorable(value)):
            raise UnstorableText(path, problem)
        if isinstance(value, dict):
            for name, inner in value.items():
                if problem := unstorable(name):
                    raise UnstorableText((*path, ascii(name)[1:-1][:60]), problem)
                waiting.append(((*path, name), inner))
        elif isinstance(value, list):
            waiting.extend(((*path, str(place)), inner) for place, inner in enumerate(value))
