"""What a server's answer says, whatever its shape: its JSON, its token counts, its texts, its errors.

Servers that speak a provider's API differ in all that their SDK does not look at. Everything here takes any JSON and
gives what can be read of it; nothing raises but `decoded`.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

MOST_TOKENS = 100_000_000
"""More than any model takes. A larger count is a slip, and its price could be more than the column holds."""
DEEPEST = 64
"""Levels of nesting that are kept of a reply: PostgreSQL and Python's own JSON writer stop at some hundreds."""
TOO_DEEP = "… (nested too deeply to be kept)"
LONGEST_NUMBER = 300  # digits; longer ones are no numbers that anybody meant
ERROR_WORDS = ("message", "detail", "error", "error_description", "errorMessage", "title", "reason", "msg")


class Unreadable(ValueError):
    """The body is not JSON; the message says why."""


def decoded(content: bytes) -> JsonValue:
    """The JSON of a body in UTF-8, with or without a byte order mark; NaN and infinities become null.

    Raises:
        Unreadable: the body is not UTF-8, no JSON, or nested so deeply that Python does not read it.
    """
    try:
        raw = json.loads(
            content.decode("utf-8-sig"),
            parse_constant=lambda _: None,
            parse_float=_finite,
            parse_int=lambda digits: int(digits) if len(digits) <= LONGEST_NUMBER else None,
        )
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error
    return _pruned(raw, DEEPEST)


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _pruned(value: JsonValue, levels: int) -> JsonValue:
    """The value without what lies deeper than this many levels."""
    if isinstance(value, list):
        return [_pruned(part, levels - 1) for part in value] if levels else TOO_DEEP
    if isinstance(value, dict):
        return {name: _pruned(part, levels - 1) for name, part in value.items()} if levels else TOO_DEEP
    return value


def token_count(stated: object) -> int | None:
    """A count of tokens: a whole number from 0 on, also written as a float or a text; None for anything else."""
    if isinstance(stated, str):
        try:
            stated = float(stated)
        except ValueError:
            return None
    if isinstance(stated, bool) or not isinstance(stated, int | float):
        return None
    if not 0 <= stated <= MOST_TOKENS or stated != int(stated):
        return None
    return int(stated)


def fields(value: object) -> Mapping[str, Any]:
    """The value where it is a JSON object; an empty one otherwise."""
    return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Content:
    """The texts of a message: what it answers, what it thought, and what it gives as the reason to refuse."""

    answer: str
    thoughts: str = ""
    refusal: str = ""


def content_of(content: object) -> Content:
    """The texts of a message's content, which is a text, or a list of texts and of typed parts."""
    if isinstance(content, str):
        return Content(content)
    answers, thoughts, refusals = list[str](), list[str](), list[str]()
    for part in content if isinstance(content, list) else [content]:  # one part without a list, or null
        if isinstance(part, str):
            answers.append(part)
            continue
        kind = str(fields(part).get("type", "text"))
        if "refusal" in kind:
            refusals.append(_text_of(fields(part).get("refusal")))
        elif "think" in kind or "reason" in kind:
            thoughts += [_text_of(fields(part).get(name)) for name in ("thinking", "reasoning", "text")]
        else:
            answers.append(_text_of(fields(part).get("text")))
    return Content("".join(answers), "\n\n".join(filter(None, thoughts)), "\n".join(filter(None, refusals)))


def _text_of(value: object) -> str:
    """A text, also in the object or list around it that some servers put there."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(_text_of(part) for part in value)
    return (
        _text_of(fields(value).get("value", fields(value).get("text", ""))) if isinstance(value, dict) else ""
    )


@dataclass(frozen=True, slots=True)
class ServerError:
    """An error as a server words it: `status` where it states one, `codes` are its names for it, in lower case."""

    message: str
    status: int | None
    codes: frozenset[str]


def server_error(body: JsonValue) -> ServerError:
    """The error that a body describes, in any of the shapes that servers use."""
    outer = body[0] if isinstance(body, list) and body else body
    inner = fields(outer).get("error", outer)
    levels = [fields(outer), fields(inner)]
    stated = [level[name] for level in levels for name in ("code", "type", "status") if name in level]
    statuses = [
        count for value in stated if (count := token_count(value)) is not None and 400 <= count <= 599
    ]
    return ServerError(
        message=_words(inner) or _words(outer),
        status=statuses[-1] if statuses else None,
        codes=frozenset(value.lower() for value in stated if isinstance(value, str)),
    )


def _words(value: object) -> str:
    """The message in an error, or all of the error where none of its fields is known to hold one."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return "; ".join(filter(None, map(_words, value[:5])))
    if not isinstance(value, dict):
        return ""
    known = (_words(value[name]) for name in ERROR_WORDS if name in value)
    return next(filter(None, known), json.dumps(value, ensure_ascii=False) if value else "")


def is_error(body: JsonValue) -> bool:
    """Whether an answer with HTTP status 200 describes an error instead of a reply."""
    if isinstance(body, list):
        return bool(body) and is_error(body[0])
    answer = fields(body)
    if answer.get("error"):
        return True
    return answer.get("object") == "error" or answer.get("type") == "error"
