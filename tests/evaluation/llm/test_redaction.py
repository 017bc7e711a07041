"""No text shows a secret: as it is, encoded, or cut short."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from pydantic import JsonValue

from core.secrets.environment import hide_setting
from core.secrets.redaction import has_key, redacted, redacted_json, redacted_reply, without_secret

KEYS = [
    "sk-proj-Ab3dEf6hIj9kLmNoPqRsTuVwXyZ0123456789",
    "sk-0123456789abcdef",
    "pa+ss/wo=rd&with%signs#1",
    "“sk-0123456789abcdef”",
    "sk-0123456789abcdef\nsecond-line-of-it",
    'quo"ted\\back-slashed-key',
]
ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda key: key,
    "in a header": lambda key: f"x-api-key={key}",
    "URL": lambda key: quote(key, safe=""),
    "form": quote_plus,
    "JSON": lambda key: json.dumps(key)[1:-1],
    "JSON in Unicode": lambda key: json.dumps(key, ensure_ascii=False)[1:-1],
    "JSON in JSON": lambda key: json.dumps(json.dumps(key))[3:-3],
    "repr": lambda key: repr(key)[1:-1],
    "repr of bytes": lambda key: repr(key.encode())[2:-1],
    "exception": lambda key: repr(UnicodeEncodeError("ascii", f"Bearer {key}", 7, 8, "?")),
    "hex": lambda key: key.encode().hex(),
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "Basic, as password": lambda key: base64.b64encode(f"me:{key}".encode()).decode(),
    "Basic, as name": lambda key: base64.b64encode(f"{key}:".encode()).decode(),
    "URL-safe base64": lambda key: base64.urlsafe_b64encode(f"xy{key}".encode()).decode(),
    "cut at the end": lambda key: key[:-3],
    "cut at the start": lambda key: key[3:],
}


BESIDE_THE_KEY = ("x-api-key=", "UnicodeEncodeError('ascii', 'Bearer ", ", 7, 8, '?')", ", 7, 8, '?'")


def longest_shared(text: str, secret: str) -> int:
    """Characters of the longest part of the secret that the text has."""
    for words in BESIDE_THE_KEY:
        text, secret = text.replace(words, ""), secret.replace(words, "")
    return max(
        (
            end - start
            for start in range(len(secret))
            for end in range(start + 1, len(secret) + 1)
            if secret[start:end] in text
        ),
        default=0,
    )


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_message_shows_no_key_however_it_is_written(
    key: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUB_KEY", key)
    written = ENCODINGS[encoding](key)
    message = redacted(f"The server said: {written} is wrong.")
    assert message.startswith("The server said: ")
    assert message.endswith(" is wrong.")
    assert longest_shared(message, written) < 12
    assert longest_shared(message, key) < 12


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("encoding", [name for name in ENCODINGS if not name.startswith("cut")])
def test_a_reply_that_echoes_the_key_is_stored_without_it(
    key: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUB_KEY", key)
    written = ENCODINGS[encoding](key)
    reply: dict[str, JsonValue] = {
        "choices": [{"message": {"content": f"You sent {written}!"}}],
        written: [written, 1, None],
    }
    assert has_key(json.dumps(reply))
    stored = json.dumps(redacted_json(reply), ensure_ascii=False)
    assert longest_shared(stored, written) < 12
    assert "You sent " in stored
    assert longest_shared(redacted_reply(written), key) < 12


def test_texts_without_a_secret_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUB_KEY", "sk-0123456789abcdef")
    monkeypatch.setenv("TEST_KEY", "none")
    for text in (
        "",
        "a",
        "There are none.",
        "sk-01234567",
        "ſ“”\udce9 " * 50,
        "basic knowledge of Bearer bonds",
    ):
        assert redacted(text) == text
        assert redacted_reply(text) == text
    assert not has_key(json.dumps({"a": "There are none."}))


def test_secrets_of_settings_are_hidden_in_messages_and_words_of_answers_are_kept() -> None:
    hide_setting("a-password-of-the-database", "postgres", "", None)
    assert redacted("cannot log in with a-password-of-the-database") == "cannot log in with ***"
    assert redacted("postgres is a database") == "postgres is a database"
    assert redacted_reply("a-password-of-the-database") == "a-password-of-the-database"


def test_a_variable_named_like_a_secret_is_hidden_though_no_endpoint_may_use_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_0123456789abcdef")
    assert redacted("401 for hf_0123456789abcdef") == "401 for ***"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("cannot reach http://me:hunter2@host/v1", "cannot reach http://***@host/v1"),
        ("postgres://perg:pw@db:5432/perg", "postgres://***@db:5432/perg"),
        ("{'Authorization': 'Bearer abc'}", "{'Authorization': 'Bearer ***'}"),
        ("authorization: basic bWU6cHc=", "authorization: basic ***"),
        ("https://host/a:b@c", "https://host/a:b@c"),
    ],
)
def test_what_is_a_secret_by_its_place_is_hidden(text: str, clean: str) -> None:
    assert redacted(text) == clean


def test_a_body_loses_the_key_in_each_of_its_forms() -> None:
    key = "sk-0123456789abcdef"
    body = f"{key} {base64.b64encode(f'x:{key}'.encode()).decode()} {key.encode().hex()}".encode()
    assert b"0123456789" not in without_secret(body, key)
    assert without_secret(b"none at all", "none") == b"none at all"


def test_long_texts_without_secrets_are_searched_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUB_KEY", "a" * 40)
    for text in ("a" * 39 + " ", "://" * 3, "authorization: ", "://a:"):
        redacted(text * (200_000 // len(text)))
