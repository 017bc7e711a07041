"""Takes secrets out of texts: keys of endpoints and secrets of the settings, as they are, encoded, or cut short."""

import base64
import json
import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus

from pydantic import JsonValue

from core.secrets.environment import SHORTEST_SETTING, secrets_of_settings
from core.secrets.key_list import KeyList, KeyRefused

HIDDEN = "***"
SHORTEST_KEY = 8
"""Characters. A shorter key is no secret: one of a self-hosted server, such as "none", is a word of many texts."""
BLOCK = 8
SHORTEST_RUN = 12
"""Characters of a longer secret that are hidden also where the rest of it is missing."""
SECRET_NAMES = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD")
CREDENTIALS = re.compile(
    r"(?P<before>://)[^/\s@:]{0,200}:[^/\s@]{1,500}@"
    r"|(?P<header>authorization[\"']{0,2}\s{0,3}[:=,]\s{0,3}[\"']{0,2}(?:bearer|basic)\s{1,3})[^\s\"',}\]]{1,2000}",
    re.IGNORECASE,
)
"""What is a secret by its place: a password in a URL, the value of an Authorization header."""


def keys() -> frozenset[str]:
    """The keys that endpoints may use now."""
    try:
        names = KeyList.of_environment().names()
    except KeyRefused:
        names = frozenset()
    values = (os.environ.get(name, "").strip() for name in names)
    return frozenset(value for value in values if len(value) >= SHORTEST_KEY)


def secrets() -> frozenset[str]:
    """All secrets that are known: keys, other variables named like a secret, and those of the settings."""
    named = (value.strip() for name, value in os.environ.items() if name.upper().endswith(SECRET_NAMES))
    return keys() | secrets_of_settings() | {value for value in named if len(value) >= SHORTEST_SETTING}


def redacted(text: str) -> str:
    """The text without any known secret: for whatever is logged, stored as a failure or shown as an error."""
    return CREDENTIALS.sub(_without_credentials, _scanner(secrets()).redacted(text))


def _without_credentials(match: re.Match[str]) -> str:
    return f"{match['before']}{HIDDEN}@" if match["before"] else f"{match['header']}{HIDDEN}"


def redacted_reply(text: str) -> str:
    """The text of a reply without a key that the server has sent back."""
    for form in _forms_of_all(keys()):
        if form in text:
            text = text.replace(form, HIDDEN)
    return text


def has_key(document: str) -> bool:
    """Whether a JSON document, written in ASCII, has a key in one of its texts."""
    return any(form in document for form in _forms_in_json(keys()))


def redacted_json(value: JsonValue) -> JsonValue:
    """The value without a key in any of its texts."""
    if isinstance(value, str):
        return redacted_reply(value)
    if isinstance(value, list):
        return [redacted_json(part) for part in value]
    if isinstance(value, dict):
        return {redacted_reply(name): redacted_json(part) for name, part in value.items()}
    return value


def without_secret(content: bytes, secret: str) -> bytes:
    """A body without this secret in any of its forms."""
    if len(secret) < SHORTEST_KEY:
        return content
    for form in forms(secret):
        content = content.replace(form.encode(errors="surrogateescape"), HIDDEN.encode())
    return content


@lru_cache(maxsize=64)
def forms(secret: str) -> tuple[str, ...]:
    """The secret as it is and as encodings write it, the longest first."""
    content = secret.encode(errors="surrogateescape")  # the environment may hold any bytes
    escaped = json.dumps(secret)[1:-1]
    written = {
        secret,
        quote(content, safe=""),
        quote(content),
        quote_plus(content),
        escaped,
        json.dumps(escaped)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        repr(content)[2:-1],
        content.hex(),
        *_base64_forms(content),
    }
    return tuple(sorted((form for form in written if len(form) >= SHORTEST_KEY), key=len, reverse=True))


def _base64_forms(content: bytes) -> Iterator[str]:
    """What any base64 text holds that has the content somewhere inside, as Basic authentication has."""
    for shift, first in ((0, 0), (1, 2), (2, 3)):
        shifted = b"\0" * shift + content
        whole = len(shifted) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(shifted).decode()[first:whole]


@lru_cache(maxsize=8)
def _forms_of_all(known: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted({form for secret in known for form in forms(secret)}, key=len, reverse=True))


@lru_cache(maxsize=8)
def _forms_in_json(known: frozenset[str]) -> tuple[str, ...]:
    return tuple(json.dumps(form)[1:-1] for form in _forms_of_all(known))


@lru_cache(maxsize=8)
def _scanner(known: frozenset[str]) -> "_Scanner":
    return _Scanner(_forms_of_all(known))


class _Scanner:
    """Finds secrets by their blocks of 8 characters, and hides as much around a block as agrees with the secret.

    The work grows with the text alone, however many secrets there are. What is cut off is found where 15 characters
    of it are left, and mostly from 12 on.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._blocks: dict[str, list[tuple[str, int]]] = {}
        for secret in known:
            for start in {*range(0, len(secret) - BLOCK + 1, BLOCK), len(secret) - BLOCK}:
                self._blocks.setdefault(secret[start : start + BLOCK], []).append((secret, start))

    def redacted(self, text: str) -> str:
        if not self._blocks:
            return text
        pieces: list[str] = []
        copied = position = 0
        while position <= len(text) - BLOCK:
            # Most positions end here, so this is all that a long text costs.
            if text[position : position + BLOCK] not in self._blocks:
                position += 1
                continue
            run = self._run(text, position)
            if run is None or run[1] <= copied:
                position += 1
                continue
            begin, end = max(run[0], copied), run[1]
            pieces += [text[copied:begin], HIDDEN]
            copied = position = end
        return text if not pieces else "".join(pieces) + text[copied:]

    def _run(self, text: str, position: int) -> tuple[int, int] | None:
        """The longest run around the position that is part of a secret; None where it is too short to be one."""
        longest: tuple[int, int] | None = None
        for secret, start in self._blocks.get(text[position : position + BLOCK], ()):
            begin, first = position, start
            while begin > 0 and first > 0 and text[begin - 1] == secret[first - 1]:
                begin, first = begin - 1, first - 1
            end, last = position + BLOCK, start + BLOCK
            while end < len(text) and last < len(secret) and text[end] == secret[last]:
                end, last = end + 1, last + 1
            if end - begin >= min(len(secret), SHORTEST_RUN) and (
                longest is None or end - begin > longest[1] - longest[0]
            ):
                longest = begin, end
        return longest
