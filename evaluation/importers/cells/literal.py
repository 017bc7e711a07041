"""Nested values as they stand in the cells of real files: JSON, Python literals, and NumPy's way of printing.

NumPy prints arrays without commas (`['8' '13']`), which Python itself would read as one joined string. So
lists are read here token by token, with the commas optional, and nothing is ever evaluated.
"""

import json
import re
from collections.abc import Iterator

from core.text.json_text import object_of_pairs

MAX_DEPTH = 20


class Number(str):
    """A number in the spelling of the file."""

    __slots__ = ()


Value = str | Number | bool | None | list["Value"] | dict[str, "Value"]


class LiteralError(ValueError):
    """The text is neither JSON nor a Python literal of lists, dicts, strings and numbers."""


def parse_value(text: str) -> Value:
    """Read a nested value from its text. Raises `LiteralError`.

    JSON comes first: where a text is valid both as JSON and as Python, both mean the same, except for
    surrogate pairs (`"\\ud83d\\ude00"`), which only JSON reads as the one character that was meant.
    """
    try:
        value: Value = json.loads(
            text,
            parse_int=Number,
            parse_float=Number,
            parse_constant=_no_constant,
            object_pairs_hook=object_of_pairs,
        )
    except (ValueError, RecursionError):
        return _Reader(text).whole()
    return value


def _no_constant(name: str) -> Value:
    raise LiteralError(f"{name} is not a value")


_TOKEN = re.compile(
    r"""(?P<space>\s++)
    |(?P<string>[uU]?(?:'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'|"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"))
    |(?P<number>[-+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d++)?)
    |(?P<name>[A-Za-z_][\w.]*+)
    |(?P<mark>[\[\](){},:=])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(x.{0,2}|u.{0,4}|U.{0,8}|[0-7]{1,3}|.)", re.DOTALL)
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\n": ""}
_SINGLE |= {character: character for character in "\\'\""}
_END = ("end", "")
_CALL = re.compile(r"array|(?:np|numpy)\.\w+")
_NAMES: dict[str, Value] = {"True": True, "False": False, "None": None}


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """The kind of each token, for a mark the mark itself, and its text."""
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise LiteralError(f"unexpected {text[position : position + 10]!r}")
        position = match.end()
        if match.lastgroup != "space":
            yield match.group() if match.lastgroup == "mark" else match.lastgroup, match.group()


def _unescaped(match: re.Match[str]) -> str:
    code = match.group(1)
    if code in _SINGLE:
        return _SINGLE[code]
    try:
        if code[0] in "xuU" and len(code) == {"x": 3, "u": 5, "U": 9}[code[0]]:
            return chr(int(code[1:], 16))
        if code.isdigit():
            return chr(int(code, 8))
    except (ValueError, OverflowError) as error:
        raise LiteralError(f"unreadable escape \\{code}") from error
    if code[0] in "xuU":
        raise LiteralError(f"unreadable escape \\{code}")
    return f"\\{code}"  # as Python does with an escape it does not know


class _Reader:
    """A reader of one literal, by recursive descent."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._kind, self._text = next(self._tokens, _END)
        self._depth = 0

    def whole(self) -> Value:
        value = self._value()
        self._expect("end")
        return value

    def _take(self) -> str:
        """The text of this token; the next one takes its place."""
        text = self._text
        self._kind, self._text = next(self._tokens, _END)
        return text

    def _take_if(self, kind: str) -> bool:
        is_there = self._kind == kind
        if is_there:
            self._take()
        return is_there

    def _expect(self, kind: str) -> None:
        if not self._take_if(kind):
            raise LiteralError(f"{self._text!r} in place of {kind!r}")

    def _value(self) -> Value:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise LiteralError("nested too deeply")
        value: Value
        match self._kind:
            case "[":
                value = self._list()
            case "{":
                value = self._dict()
            case "string":
                value = _ESCAPE.sub(_unescaped, self._take().lstrip("uU")[1:-1])
            case "number":
                value = Number(self._take())
            case "name":
                value = self._named(self._take())
            case _:
                raise LiteralError(f"unexpected {self._text!r}")
        self._depth -= 1
        return value

    def _list(self) -> Value:
        self._expect("[")
        values: list[Value] = []
        while not self._take_if("]"):
            values.append(self._value())
            self._take_if(",")
        return values

    def _dict(self) -> Value:
        self._expect("{")
        values: dict[str, Value] = {}
        while not self._take_if("}"):
            key = self._value()
            if not isinstance(key, str):
                raise LiteralError("a key is no string")
            if key in values:
                raise LiteralError(f"the key {key!r} occurs more than once")
            self._expect(":")
            values[key] = self._value()
            if self._kind != "}":
                self._expect(",")
        return values

    def _named(self, name: str) -> Value:
        """A constant; or of `array([…], dtype=object)` and `np.str_('…')` what is in the brackets, less keywords."""
        if name in _NAMES:
            return _NAMES[name]
        if not _CALL.fullmatch(name):
            raise LiteralError(f"unexpected {name!r}")
        self._expect("(")
        value = self._value()
        while self._take_if(","):
            if self._take_if("name"):
                self._expect("=")
                self._take()
        self._expect(")")
        return value
