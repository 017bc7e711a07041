"""Answers without end, packed tight, or sent elsewhere: a limit on what is read, and one call for each of them."""

import asyncio
import functools
import gzip
import itertools
import json
import time
import tracemalloc
import zlib
from collections.abc import Callable
from typing import cast

import pytest

from evaluation.llm.providers import ApiProvider
from evaluation.llm.registry import EndpointSettings, provider_for
from evaluation.llm.replies import MOST_REPLY_BYTES, CallFailure, Outcome, Reply
from evaluation.llm.requests import ChatRequest, Message
from tests.evaluation.llm.flood_server import MEBIBYTE, FloodServer, Send, flood_server, head
from tests.evaluation.llm.odd_server import Answer, odd_server
from tests.evaluation.llm.test_odd_servers import anthropic_reply, openai_reply

BOTH = pytest.mark.parametrize("api", ["openai", "anthropic"])
Flood = Callable[[Send], None]


def ask(api: str, url: str, *, timeout: float = 60.0, most_bytes: int = MOST_REPLY_BYTES) -> Outcome:
    async def call() -> Outcome:
        base_url = f"{url}/v1" if api == "openai" else url
        endpoint = EndpointSettings(
            "odd", api, "m", base_url=base_url, timeout_seconds=timeout, reply_max_bytes=most_bytes
        )
        provider = cast(ApiProvider, provider_for(endpoint))
        try:
            return await provider.complete(ChatRequest("m", (Message("user", "answer 0"),)))
        finally:
            await provider.aclose()

    return asyncio.run(call())


def asked_once(api: str, answer: Flood, *, timeout: float = 60.0) -> tuple[CallFailure, FloodServer]:
    with flood_server(answer) as server:
        outcome = ask(api, server.url, timeout=timeout)
    assert isinstance(outcome, CallFailure)
    assert server.calls == 1
    return outcome, server


def with_its_length(send: Send) -> None:
    send(head(Content_Length=str(300 * MEBIBYTE)))
    for _ in range(300):
        send(b" " * MEBIBYTE)


def without_end(send: Send, status: str = "200 OK") -> None:
    send(head(status, Transfer_Encoding="chunked"))
    for _ in range(300):
        send(b"100000\r\n" + b" " * MEBIBYTE + b"\r\n")


def an_error_without_end(send: Send) -> None:
    without_end(send, "500 Internal Server Error")


def until_it_hangs_up(send: Send) -> None:
    send(head())
    for _ in range(300):
        send(b" " * MEBIBYTE)


@functools.cache
def bomb(encoding: str) -> bytes:
    """100 MiB of zeros, packed."""
    body = b"0" * (100 * MEBIBYTE)
    for name in encoding.split(", "):
        body = gzip.compress(body, 1) if name == "gzip" else zlib.compress(body, 1)
    return body


def packed(encoding: str) -> Flood:
    body = bomb(encoding)
    return lambda send: send(head(Content_Encoding=encoding, Content_Length=str(len(body))) + body)


@BOTH
@pytest.mark.parametrize(
    "answer",
    [with_its_length, without_end, an_error_without_end, until_it_hangs_up],
    ids=lambda answer: answer.__name__,
)
def test_an_answer_beyond_the_limit_is_not_read_to_its_end_nor_asked_for_again(
    api: str, answer: Flood
) -> None:
    failure, server = asked_once(api, answer)
    assert (failure.code, failure.retryable) == ("reply_too_large", False)
    assert "4 MiB" in failure.message
    assert server.sent < 64 * MEBIBYTE  # what fits into the buffers of sockets besides


@BOTH
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip"])
@pytest.mark.one_in(4)
def test_a_packed_answer_is_unpacked_up_to_the_limit(api: str, encoding: str) -> None:
    failure, _ = asked_once(api, packed(encoding))
    assert (failure.code, failure.retryable) == ("reply_too_large", False)


@BOTH
def test_what_is_held_in_memory_of_a_large_answer_is_a_few_times_the_limit(api: str) -> None:
    ask(api, "http://127.0.0.1:9")  # what the SDK loads on its first call is no part of it
    for large in (packed("gzip"), until_it_hangs_up):
        tracemalloc.start()
        try:
            asked_once(api, large)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 8 * MOST_REPLY_BYTES


@BOTH
def test_an_answer_in_a_packing_that_was_not_asked_for_fails_once_and_names_it(api: str) -> None:
    failure, _ = asked_once(
        api, lambda send: send(head(Content_Encoding="BR", Content_Length="4") + b"\1\2\3\4")
    )
    assert (failure.code, failure.retryable) == ("unknown_encoding", False)
    assert "“br”" in failure.message


@BOTH
def test_json_of_very_many_values_is_not_taken_apart(api: str) -> None:
    body = b"[" + b"[]," * 500_000 + b"0]"
    failure, _ = asked_once(api, lambda send: send(head(Content_Length=str(len(body))) + body))
    assert (failure.code, failure.retryable) == ("reply_too_large", False)
    assert "200,000 values" in failure.message


@BOTH
def test_headers_without_end_fail_once(api: str) -> None:
    def one_long_header(send: Send) -> None:
        send(head()[:-4] + b"\r\nX-Long: ")
        for _ in range(300):
            send(b"y" * MEBIBYTE)

    def many_headers(send: Send) -> None:
        send(head()[:-2])
        for number in itertools.count():
            send(b"X-%d: %s\r\n" % (number, b"y" * 5000))

    for answer in (one_long_header, many_headers):
        failure, server = asked_once(api, answer)
        assert (failure.code, failure.retryable) == ("malformed", False)
        assert server.sent < 64 * MEBIBYTE


@BOTH
def test_an_answer_that_never_ends_but_comes_slowly_is_given_up_at_the_time_out(api: str) -> None:
    def slowly(send: Send) -> None:
        send(head())
        while True:
            send(b" ")
            time.sleep(0.05)

    failure, _ = asked_once(api, slowly, timeout=1.0)
    assert (failure.code, failure.retryable) == ("timeout", True)


@BOTH
@pytest.mark.parametrize(
    ("location", "named"),
    [
        ("http://elsewhere.example/v1?secret=1", "elsewhere.example"),
        ("//other.example:444/", "other.example"),
        ("/here", "127.0.0.1"),
        ("http://host:port/", "without saying where to"),
        (None, "without saying where to"),
    ],
)
@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.one_in(7)
def test_a_redirect_is_not_followed_and_names_its_status_and_host(
    api: str, status: int, location: str | None, named: str
) -> None:
    headers = {} if location is None else {"Location": location}
    with odd_server([Answer(b"", status, headers)]) as server:
        failure = ask(api, server.url)
        assert server.calls == {0: 1}
    assert isinstance(failure, CallFailure)
    assert (failure.code, failure.retryable) == ("redirect", False)
    assert str(status) in failure.message
    assert named in failure.message
    assert "secret" not in failure.message


@BOTH
@pytest.mark.parametrize("encoding", ["", "gzip", "deflate", "identity"])
@pytest.mark.one_in(3)
def test_an_answer_below_the_limit_is_read_whole_however_it_is_packed(api: str, encoding: str) -> None:
    made = openai_reply if api == "openai" else anthropic_reply
    body = json.dumps(made(padding="x" * 1_000_000)).encode()
    content = {"gzip": gzip.compress(body), "deflate": zlib.compress(body)}.get(encoding, body)
    with odd_server([Answer(content, headers={"Content-Encoding": encoding} if encoding else {})]) as server:
        reply = ask(api, server.url)
        assert isinstance(reply, Reply)
        assert reply.text == "The answer is B."
        small = ask(api, server.url, most_bytes=1000)
    assert isinstance(small, CallFailure)
    assert small.code == "reply_too_large"
