"""The HTTP client that calls model providers: it limits how much of an answer it reads, and follows no redirect."""

from collections.abc import Mapping
from typing import Any

import aiohttp
import httpx2
from aiohttp.http_exceptions import BadHttpMessage, PayloadEncodingError
from openai import DefaultAioHttpClient

from evaluation.llm.failures import (
    connection_failed,
    no_http,
    redirected,
    reply_too_large,
    too_many_values,
    unknown_encoding,
)
from evaluation.llm.replies import MOST_REPLY_BYTES, CallFailure

CONNECTIONS = httpx2.Limits(max_connections=10_000, max_keepalive_connections=10_000, keepalive_expiry=30.0)
"""The engine's limiter says how many calls are in flight; the client is not to queue on top of it. (None would not
mean no limit: the aiohttp transport takes it for aiohttp's own limit of 100.)"""


MOST_VALUES = 200_000
"""In an answer's JSON: each takes some dozens of bytes of memory, however short it is written."""
VALUE_MARKS = (b",", b"[", b"{")


NEVER_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, ConnectionRefusedError)
CONNECT_SECONDS = 10.0


class UnusableAnswer(Exception):
    """The server's answer was not read, or not to its end; `failure` says why."""

    def __init__(self, failure: CallFailure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class ReplyClient(DefaultAioHttpClient):
    """An `AsyncClient` for either SDK. `send` gives answers that are read to their end, whether asked to or not.

    Raises:
        UnusableAnswer: an answer of more than `most_bytes`, packed in a way that was not asked for, or a redirect.
            The connection is closed, and the rest is not read.
    """

    def __init__(self, *, timeout: float, most_bytes: int = MOST_REPLY_BYTES) -> None:
        connect = min(timeout, CONNECT_SECONDS)
        super().__init__(
            timeout=httpx2.Timeout(timeout, connect=connect), limits=CONNECTIONS, follow_redirects=False
        )
        self._most_bytes = most_bytes

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        response = await super().send(request, **(options | {"stream": True, "follow_redirects": False}))
        try:
            content = await self._content(response)
        finally:
            await response.aclose()
        unpacked = [pair for pair in response.headers.multi_items() if pair[0] not in PACKING]
        return httpx2.Response(response.status_code, headers=unpacked, content=content, request=request)

    async def _content(self, response: httpx2.Response) -> bytes:
        if response.is_redirect:
            raise UnusableAnswer(redirected(response.status_code, _target_host(response)))
        if (encoding := _unexpected_encoding(response.headers, response.request.headers)) is not None:
            raise UnusableAnswer(unknown_encoding(encoding))
        pieces, size = list[bytes](), _stated_length(response.headers)
        if size <= self._most_bytes:
            size = 0
            async for piece in response.aiter_bytes():  # unpacked, at most 1 MiB at a time
                size += len(piece)
                if size > self._most_bytes:
                    break
                pieces.append(piece)
        if size > self._most_bytes:
            raise UnusableAnswer(reply_too_large(response.status_code, self._most_bytes))
        content = b"".join(pieces)
        if sum(map(content.count, VALUE_MARKS)) > MOST_VALUES:
            raise UnusableAnswer(too_many_values(MOST_VALUES))
        return content


def failure_of(error: BaseException) -> CallFailure:
    """What a call with a `ReplyClient` came to that raised, also where the SDK has wrapped the reason."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, UnusableAnswer):
            return cause.failure
        if isinstance(cause, BadHttpMessage) and not isinstance(cause, PayloadEncodingError):
            return no_http(cause.message)
        if isinstance(cause, NEVER_CONNECTED):
            return connection_failed(error, had_begun=False)
        cause = cause.__cause__
    return connection_failed(error)


PACKING = {"content-encoding", "content-length", "transfer-encoding"}
"""Headers of an answer that do not hold of its content once it is unpacked."""


def _stated_length(headers: Mapping[str, str]) -> int:
    stated = headers.get("content-length", "")
    return int(stated) if stated.isdecimal() and len(stated) < 20 else 0


def _unexpected_encoding(answer: Mapping[str, str], request: Mapping[str, str]) -> str | None:
    """An encoding of the answer that the request did not offer to unpack."""
    offered = {part.split(";")[0].strip().lower() for part in request.get("accept-encoding", "").split(",")}
    used = (part.strip().lower() for part in answer.get("content-encoding", "").split(","))
    return next((name for name in used if name not in {"", "identity", *offered}), None)


def _target_host(response: httpx2.Response) -> str | None:
    """The host that a redirect leads to, without the rest of its address, which may hold anything."""
    if not (location := response.headers.get("location", "")):
        return None
    try:
        return response.request.url.join(location).host or None
    except (httpx2.InvalidURL, ValueError):
        return None
