"""Nested values as they stand in the cells of real files: JSON, Python literals, and NumPy's way of printing.

NumPy prints arrays without commas (`['8' '13']`), which Python itself would read as one joined string. So
lists are read here token by token, with the commas optional, and nothing is ever evaluated.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from perg.formats.json_text import object_of_pairs

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


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


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
_END = _Token("end", "")
_CALL = re.compile(r"array|(?:np|numpy)\.\w+")
_NAMES: dict[str, Value] = {"True": True, "False": False, "None": None}


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise LiteralError(f"unexpected {text[position : position + 10]!r}")
        position = match.end()
        if match.lastgroup != "space":
            yield _Token(match.lastgroup, match.group())


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
        self._next = next(self._tokens, _END)
        self._depth = 0

    def whole(self) -> Value:
        value = self._value()
        if self._next is not _END:
            raise LiteralError(f"unexpected {self._next.text!r} after the value")
        return value

    def _take(self) -> _Token:
        token, self._next = self._next, next(self._tokens, _END)
        return token

    def _is(self, mark: str) -> bool:
        return self._next.kind == "mark" and self._next.text == mark

    def _expect(self, mark: str) -> None:
        if not self._is(mark):
            raise LiteralError(f"expected {mark!r}, found {self._next.text!r}")
        self._take()

    def _value(self) -> Value:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise LiteralError("nested too deeply")
        try:
            return self._any_value()
        finally:
            self._depth -= 1

    def _any_value(self) -> Value:
        if self._is("["):
            return self._list()
        if self._is("{"):
            return self._dict()
        token = self._take()
        if token.kind == "string":
            return _ESCAPE.sub(_unescaped, token.text.lstrip("uU")[1:-1])
        if token.kind == "number":
            return Number(token.text)
        if token.kind == "name" and token.text in _NAMES:
            return _NAMES[token.text]
        if token.kind == "name" and _CALL.fullmatch(token.text):
            return self._call()
        raise LiteralError(f"unexpected {token.text!r}")

    def _list(self) -> Value:
        self._expect("[")
        values: list[Value] = []
        while not self._is("]"):
            values.append(self._value())
            if self._is(","):
                self._take()
        self._take()
        return values

    def _dict(self) -> Value:
        self._expect("{")
        values: dict[str, Value] = {}
        while not self._is("}"):
            key = self._value()
            if not isinstance(key, str):
                raise LiteralError("a key is no string")
            if key in values:
                raise LiteralError(f"the key {key!r} occurs more than once")
            self._expect(":")
            values[key] = self._value()
            if not self._is("}"):
                self._expect(",")
        self._take()
        return values

    def _call(self) -> Value:
        """`array([…], dtype=object)` or `np.str_('…')`: what is in the brackets, less the keywords."""
        self._expect("(")
        value = self._value()
        while self._is(","):
            self._take()
            if self._next.kind == "name":
                self._take()
                self._expect("=")
                self._take()
        self._expect(")")
        return value
