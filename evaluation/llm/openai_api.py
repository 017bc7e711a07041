"""OpenAI's API and all that speak it (Azure, vLLM, Ollama, Together, …), by the official SDK."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import aiohttp
import httpx2
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, DefaultAioHttpClient
from pydantic import JsonValue

from evaluation.llm.failures import (
    connection_failed,
    failure_of_status,
    malformed,
    timed_out,
    without_key,
)
from evaluation.llm.replies import CallFailure, Outcome, Refusal, Reply, split_reasoning
from evaluation.llm.requests import ChatRequest

OWN_URL = "https://api.openai.com/v1"
CONNECTIONS = httpx2.Limits(max_connections=10_000, max_keepalive_connections=10_000, keepalive_expiry=30.0)
"""The engine's limiter says how many calls are in flight; the client is not to queue on top of it. (None would not
mean no limit: the aiohttp transport takes it for aiohttp's own limit of 100.)"""
REPLY_NAME = "reply"
REPLY_PURPOSE = "Give the reply in this form."


class OpenAIProvider:
    """One model behind an OpenAI-compatible API.

    `key` may be empty for servers that want none. Options: `token_parameter` (`max_tokens` or
    `max_completion_tokens`), `send_temperature` (false for reasoning models that refuse one), `extra_body` (more
    fields for the request, such as `reasoning_effort`).
    """

    def __init__(self, *, key: str, base_url: str, timeout: float, options: Mapping[str, object]) -> None:
        self._key = key
        self._timeout = timeout
        self._options = options
        url, query = _split_query(base_url or OWN_URL)
        host = urlsplit(url).hostname or ""
        azure = host.endswith((".azure.com", ".azure.us"))
        modern = azure or host.endswith(".openai.com")
        # Newer models of OpenAI refuse `max_tokens`; most other servers know nothing else.
        self._token_parameter = str(
            options.get("token_parameter") or ("max_completion_tokens" if modern else "max_tokens")
        )
        self._client = AsyncOpenAI(
            api_key=key or "none",
            base_url=url,
            max_retries=0,
            timeout=timeout,
            default_query=query,
            default_headers={"api-key": key} if azure else None,
            http_client=DefaultAioHttpClient(timeout=timeout, limits=CONNECTIONS),
        )

    async def complete(self, request: ChatRequest) -> Outcome:
        # The SDK's `post` and not `chat.completions.create`: our body is plain JSON already, and what `create` does
        # to find that out costs as much as all the rest of the call.
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._client.post(
                    "/chat/completions", cast_to=httpx2.Response, body=self._body(request)
                )
        except TimeoutError:
            return timed_out(self._timeout)
        except APIStatusError as error:
            return self._refused_by_status(error)
        except (APIConnectionError, aiohttp.ClientError, OSError) as error:
            return connection_failed(error)
        return self._read(response.content, wants_tool=request.response_format == "tool")

    async def aclose(self) -> None:
        await self._client.close()

    def _body(self, request: ChatRequest) -> dict[str, object]:
        body: dict[str, object] = {
            "model": request.model,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        }
        if request.temperature is not None and self._options.get("send_temperature", True):
            body["temperature"] = request.temperature
        if request.max_tokens is not None:
            body[self._token_parameter] = request.max_tokens
        match request.response_format:
            case "json_schema":
                schema = json.loads(request.response_schema)
                body["response_format"] = {
                    "type": "json_schema",
                    "json_schema": {"name": REPLY_NAME, "strict": True, "schema": schema},
                }
            case "tool":
                schema = json.loads(request.response_schema)
                function = {"name": REPLY_NAME, "description": REPLY_PURPOSE, "parameters": schema}
                body["tools"] = [{"type": "function", "function": function}]
                body["tool_choice"] = {"type": "function", "function": {"name": REPLY_NAME}}
            case "text":
                pass
        extra = self._options.get("extra_body")
        return body | extra if isinstance(extra, dict) else body

    def _refused_by_status(self, error: APIStatusError) -> Outcome:
        message = without_key(error.message, self._key)
        if error.code in ("content_filter", "content_policy_violation"):
            return Refusal(message, cast(JsonValue, error.body))
        if error.code == "insufficient_quota":  # a 429, but no pause will help: somebody has to pay
            return CallFailure("quota_exhausted", message, retryable=False)
        return failure_of_status(error.status_code, message, error.response.headers)

    def _read(self, content: bytes, *, wants_tool: bool) -> Outcome:
        try:
            raw = json.loads(without_key(content.decode(), self._key))
            usage = raw.get("usage") or {}
            tokens = usage.get("prompt_tokens"), usage.get("completion_tokens")
        except (ValueError, AttributeError, RecursionError) as error:
            return malformed(f"{type(error).__name__}: {error}: {content[:200]!r}")
        try:
            return _outcome(raw, *tokens, wants_tool=wants_tool)
        except (LookupError, TypeError, AttributeError) as error:
            return malformed(
                f"No message in the answer ({error!r}).", input_tokens=tokens[0], output_tokens=tokens[1]
            )


def _outcome(
    raw: Any,  # decoded JSON of the provider's: what is not as expected raises
    input_tokens: int | None,
    output_tokens: int | None,
    *,
    wants_tool: bool,
) -> Outcome:
    choice = raw["choices"][0]
    message = choice["message"]
    if message.get("refusal"):
        return Refusal(message["refusal"], raw, input_tokens, output_tokens)
    content = message.get("content") or ""
    if choice.get("finish_reason") == "content_filter":
        return Refusal(content, raw, input_tokens, output_tokens)
    calls = message.get("tool_calls") if wants_tool else None
    # A model that was to call the tool and wrote text instead may still have written what is wanted.
    written = calls[0]["function"]["arguments"] if calls else content
    thought, text = split_reasoning(written)
    stated = message.get("reasoning_content") or message.get("reasoning") or ""
    return Reply(
        text,
        raw,
        input_tokens,
        output_tokens,
        reasoning=stated if isinstance(stated, str) and stated else thought,
        cut_off=choice.get("finish_reason") == "length",
    )


def _split_query(url: str) -> tuple[str, dict[str, object]]:
    """The URL without its query, and the query: Azure's older addresses end with `?api-version=…`."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="")), dict(parse_qsl(parts.query))
