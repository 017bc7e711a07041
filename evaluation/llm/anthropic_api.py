"""Anthropic's Messages API, by the official SDK."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

import aiohttp
import httpx2
from anthropic import APIConnectionError, APIStatusError, AsyncAnthropic
from pydantic import JsonValue

from evaluation.llm.failures import (
    failure_in_reply,
    failure_of_answer,
    malformed,
    timed_out,
    without_key,
)
from evaluation.llm.http_client import ReplyClient, UnusableAnswer, failure_of
from evaluation.llm.openai_api import REPLY_NAME, REPLY_PURPOSE
from evaluation.llm.reasoning import split_reasoning
from evaluation.llm.replies import MOST_REPLY_BYTES, Outcome, Refusal, Reply
from evaluation.llm.requests import ChatRequest
from evaluation.llm.server_answers import (
    Unreadable,
    content_of,
    decoded,
    fields,
    is_error,
    server_error,
    token_count,
)

DEFAULT_MAX_TOKENS = 4096
"""The API wants a limit with every request."""
CACHED = ("cache_creation_input_tokens", "cache_read_input_tokens")


class AnthropicProvider:
    """One model behind the Messages API.

    Options: `send_temperature` (true for older models: those since Claude Opus 4.7 refuse every request that names a
    temperature, so by default none is sent), `extra_body` (more fields, such as `thinking`).
    Structured replies come by a tool that the model is made to call, whichever of the two forms was asked for.
    """

    def __init__(
        self,
        *,
        key: str,
        base_url: str,
        timeout: float,
        options: Mapping[str, object],
        most_bytes: int = MOST_REPLY_BYTES,
    ) -> None:
        self._key = key
        self._timeout = timeout
        self._options = options
        self._client = AsyncAnthropic(
            api_key=key or "none",
            base_url=base_url,
            max_retries=0,
            timeout=timeout,
            http_client=ReplyClient(timeout=timeout, most_bytes=most_bytes),
        )

    async def complete(self, request: ChatRequest) -> Outcome:
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._client.post(
                    "/v1/messages", cast_to=httpx2.Response, body=self._body(request)
                )
        except TimeoutError:
            return timed_out(self._timeout)
        except APIStatusError as error:
            return self._failed(error)
        except (UnusableAnswer, APIConnectionError, aiohttp.ClientError, OSError) as error:
            return failure_of(error)
        return self._read(response)

    async def aclose(self) -> None:
        await self._client.close()

    def _body(self, request: ChatRequest) -> dict[str, object]:
        system = "\n\n".join(message.content for message in request.messages if message.role == "system")
        body: dict[str, object] = {
            "model": request.model,
            "max_tokens": request.max_tokens or DEFAULT_MAX_TOKENS,
            "messages": [
                {"role": message.role, "content": message.content}
                for message in request.messages
                if message.role != "system"
            ],
        }
        if system:
            body["system"] = system
        if request.temperature is not None and self._options.get("send_temperature", False):
            body["temperature"] = request.temperature
        if request.response_format != "text":
            schema = json.loads(request.response_schema)
            body["tools"] = [{"name": REPLY_NAME, "description": REPLY_PURPOSE, "input_schema": schema}]
            body["tool_choice"] = {"type": "tool", "name": REPLY_NAME, "disable_parallel_tool_use": True}
        extra = self._options.get("extra_body")
        return body | extra if isinstance(extra, dict) else body

    def _failed(self, error: APIStatusError) -> Outcome:
        body = without_key(error.response.content, self._key)
        return failure_of_answer(error.status_code, body, error.response.headers)

    def _read(self, response: httpx2.Response) -> Outcome:
        body = without_key(response.content, self._key)
        try:
            raw = decoded(body)
        except Unreadable as error:
            return malformed(f"{error}: {body[:200]!r}")
        answer = fields(raw)
        usage = fields(answer.get("usage"))
        counted = _input_tokens(usage), token_count(usage.get("output_tokens"))
        if isinstance(answer.get("content"), list | str):
            return _outcome(answer, *counted)
        if is_error(raw):
            return failure_in_reply(server_error(raw), response.headers)
        return malformed("No content in the answer.", input_tokens=counted[0], output_tokens=counted[1])


def _input_tokens(usage: Mapping[str, object]) -> int | None:
    """Tokens read from a cache, or written to it, are counted apart by the API: they were input all the same."""
    if (fresh := token_count(usage.get("input_tokens"))) is None:
        return None
    cached = (token_count(usage.get(name)) for name in CACHED)
    return token_count(fresh + sum(count or 0 for count in cached))


def _outcome(answer: Mapping[str, Any], input_tokens: int | None, output_tokens: int | None) -> Outcome:
    """What the answer says; every field of it may hold any JSON."""
    raw = cast(JsonValue, answer)
    content = content_of(_parts_of(answer["content"], kinds=("text", "thinking", "refusal")))
    if answer.get("stop_reason") == "refusal":
        return Refusal(content.answer, raw, input_tokens, output_tokens)
    called = [fields(block.get("input")) for block in _parts_of(answer["content"], kinds=("tool_use",))]
    arguments = next((json.dumps(values, ensure_ascii=False) for values in reversed(called) if values), None)
    text, thought = split_reasoning(content.answer) if arguments is None else (arguments, "")
    return Reply(
        text,
        raw,
        input_tokens,
        output_tokens,
        reasoning=content.thoughts or thought,
        cut_off=answer.get("stop_reason") in ("max_tokens", "model_context_window_exceeded"),
    )


def _parts_of(content: object, *, kinds: Sequence[str]) -> list[Any]:
    """The blocks of these kinds; a bare text is a block of text."""
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(blocks, list):
        return []
    return [
        block for block in blocks if fields(block).get("type", "text") in kinds and isinstance(block, dict)
    ]
