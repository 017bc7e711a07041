"""OpenAI's API and all that speak it (Azure, vLLM, Ollama, Together, …), by the official SDK."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import aiohttp
import httpx2
from openai import APIConnectionError, APIStatusError, AsyncOpenAI
from pydantic import JsonValue

from evaluation.llm.failures import (
    failure_in_reply,
    failure_of_answer,
    malformed,
    timed_out,
    without_key,
)
from evaluation.llm.http_client import ReplyClient, UnusableAnswer, failure_of
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

REPLY_NAME = "reply"
REPLY_PURPOSE = "Give the reply in this form."


class OpenAIProvider:
    """One model behind an OpenAI-compatible API.

    `key` may be empty for servers that want none. Options: `token_parameter` (`max_tokens` or
    `max_completion_tokens`), `send_temperature` (false for reasoning models that refuse one), `extra_body` (more
    fields for the request, such as `reasoning_effort`).
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
        url, query = _split_query(base_url)
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
            http_client=ReplyClient(timeout=timeout, most_bytes=most_bytes),
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
            return self._failed(error)
        except (UnusableAnswer, APIConnectionError, aiohttp.ClientError, OSError) as error:
            return failure_of(error)
        return self._read(response, wants_tool=request.response_format == "tool")

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

    def _failed(self, error: APIStatusError) -> Outcome:
        body = without_key(error.response.content, self._key)
        failure = failure_of_answer(error.status_code, body, error.response.headers)
        return Refusal(failure.message) if failure.code == "content_filter" else failure

    def _read(self, response: httpx2.Response, *, wants_tool: bool) -> Outcome:
        body = without_key(response.content, self._key)
        try:
            raw = decoded(body)
        except Unreadable as error:
            return malformed(f"{error}: {body[:200]!r}")
        usage = fields(fields(raw).get("usage"))
        counted = token_count(usage.get("prompt_tokens")), token_count(usage.get("completion_tokens"))
        if (choice := _first_choice(fields(raw).get("choices"))) is not None:
            return _outcome(choice, raw, *counted, headers=response.headers, wants_tool=wants_tool)
        if is_error(raw):
            return failure_in_reply(server_error(raw), response.headers)
        return malformed("No choice in the answer.", input_tokens=counted[0], output_tokens=counted[1])


def _first_choice(choices: object) -> Mapping[str, Any] | None:
    """The choice with index 0, or else the first; None where there is none."""
    listed = [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
    return next((choice for choice in listed if choice.get("index") == 0), listed[0] if listed else None)


def _outcome(
    choice: Mapping[str, Any],
    raw: JsonValue,
    input_tokens: int | None,
    output_tokens: int | None,
    *,
    headers: Mapping[str, str],
    wants_tool: bool,
) -> Outcome:
    """What the first choice of an answer says; every field of it may hold any JSON."""
    ended, message = choice.get("finish_reason"), fields(choice.get("message"))
    if ended == "error" or choice.get("error"):
        failure = failure_in_reply(server_error(cast(JsonValue, choice)), headers)
        # A reply that was cut off in the middle says nothing against the request.
        return replace(failure, retryable=True, input_tokens=input_tokens, output_tokens=output_tokens)
    content = content_of(message.get("content", choice.get("text")))
    stated = message.get("refusal")
    refusal = stated if isinstance(stated, str) and stated else content.refusal
    if refusal or ended == "content_filter":
        return Refusal(refusal or content.answer, raw, input_tokens, output_tokens)
    # A model that was to call the tool and wrote text instead may still have written the reply.
    written = (_arguments(message.get("tool_calls")) if wants_tool else "") or content.answer
    if not message and not written:
        return malformed("No message in the answer.", input_tokens=input_tokens, output_tokens=output_tokens)
    text, thought = split_reasoning(written)
    reasoning = content_of(message.get("reasoning_content") or message.get("reasoning") or "")
    return Reply(
        text,
        raw,
        input_tokens,
        output_tokens,
        reasoning=reasoning.answer or reasoning.thoughts or content.thoughts or thought,
        cut_off=ended == "length",
    )


def _arguments(calls: object) -> str:
    """The arguments of the first tool call as JSON text; empty where there are none."""
    first = calls[0] if isinstance(calls, list) and calls else None
    arguments = fields(fields(first).get("function")).get("arguments")
    if isinstance(arguments, dict):
        return json.dumps(arguments, ensure_ascii=False)
    return arguments if isinstance(arguments, str) else ""


def _split_query(url: str) -> tuple[str, dict[str, object]]:
    """The URL without its query, and the query: Azure's older addresses end with `?api-version=…`."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="")), dict(parse_qsl(parts.query))
