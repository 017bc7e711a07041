"""Anthropic's Messages API, by the official SDK."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, cast

import aiohttp
import httpx2
from anthropic import APIConnectionError, APIStatusError, AsyncAnthropic, DefaultAioHttpClient

from evaluation.llm.failures import (
    connection_failed,
    failure_of_status,
    malformed,
    timed_out,
    without_key,
)
from evaluation.llm.openai_api import CONNECTIONS, REPLY_NAME, REPLY_PURPOSE
from evaluation.llm.replies import Outcome, Refusal, Reply, split_reasoning
from evaluation.llm.requests import ChatRequest

OWN_URL = "https://api.anthropic.com"
DEFAULT_MAX_TOKENS = 4096
"""The API wants a limit with every request."""


class AnthropicProvider:
    """One model behind the Messages API.

    Options: `send_temperature` (true for older models: those since Claude Opus 4.7 refuse every request that names a
    temperature, so by default none is sent), `extra_body` (more fields, such as `thinking`).
    Structured replies come by a tool that the model is made to call, whichever of the two forms was asked for.
    """

    def __init__(self, *, key: str, base_url: str, timeout: float, options: Mapping[str, object]) -> None:
        self._key = key
        self._timeout = timeout
        self._options = options
        self._client = AsyncAnthropic(
            api_key=key or "none",
            base_url=base_url or OWN_URL,
            max_retries=0,
            timeout=timeout,
            http_client=DefaultAioHttpClient(timeout=timeout, limits=CONNECTIONS),
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
            return failure_of_status(
                error.status_code, without_key(error.message, self._key), error.response.headers
            )
        except (APIConnectionError, aiohttp.ClientError, OSError) as error:
            return connection_failed(error)
        return self._read(response.content)

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

    def _read(self, content: bytes) -> Outcome:
        try:
            raw = json.loads(without_key(content.decode(), self._key))
            usage = raw.get("usage") or {}
            tokens = _input_tokens(usage), usage.get("output_tokens")
        except (ValueError, AttributeError, TypeError, RecursionError) as error:
            return malformed(f"{type(error).__name__}: {error}: {content[:200]!r}")
        try:
            return _outcome(raw, *tokens)
        except (LookupError, TypeError, AttributeError) as error:
            return malformed(
                f"No message in the answer ({error!r}).", input_tokens=tokens[0], output_tokens=tokens[1]
            )


def _input_tokens(usage: Mapping[str, Any]) -> int | None:
    """Tokens read from a cache, or written to it, are counted apart by the API: they were input all the same."""
    if (fresh := usage.get("input_tokens")) is None:
        return None
    cached = (usage.get("cache_creation_input_tokens") or 0) + (usage.get("cache_read_input_tokens") or 0)
    return cast(int, fresh + cached)


def _outcome(raw: Any, input_tokens: int | None, output_tokens: int | None) -> Outcome:
    """`raw` is decoded JSON of the provider's: what is not as expected raises."""
    texts, thoughts, arguments = [], [], None
    for block in raw["content"]:
        match block["type"]:
            case "text":
                texts.append(block["text"])
            case "thinking":
                thoughts.append(block["thinking"])
            case "tool_use":
                arguments = json.dumps(block["input"], ensure_ascii=False)
    written = "".join(texts)
    if raw.get("stop_reason") == "refusal":
        return Refusal(written, raw, input_tokens, output_tokens)
    thought, text = split_reasoning(written) if arguments is None else ("", arguments)
    return Reply(
        text,
        raw,
        input_tokens,
        output_tokens,
        reasoning="\n\n".join(thoughts) or thought,
        cut_off=raw.get("stop_reason") in ("max_tokens", "model_context_window_exceeded"),
    )
