"""A stand-in for model providers: OpenAI chat completions and Anthropic messages over real sockets.

`python tests/stub_llm.py --port 0 [--config '{"latency": 0.2, "rates": {"429": 0.1}}']` prints the port it got.
What goes wrong is drawn from a generator seeded by the seed, the request and how often it came: the same requests
meet the same fate in whatever order they come. `POST /config` replaces the configuration and forgets the counts;
`GET /stats` tells what was asked, how often, and what had been answered before each repeat.
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import os
import random
import socket
import subprocess
import sys
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from time import time
from typing import Any

from aiohttp import web

Json = dict[str, Any]  # decoded JSON of either provider

FATES = (
    "429", "500", "529", "drop", "drop_body", "trickle", "malformed", "html", "empty", "refuse", "filter",
    "400", "400_filter", "401", "403", "404", "422", "quota", "cut_off", "think", "reasoning", "text_not_tool",
    "poison", "huge",
)  # fmt: skip

# What may stand where the counts of tokens are.
POISON: tuple[Any, ...] = (
    None, [], "many", {"prompt_tokens": "100"}, {"prompt_tokens": -1, "completion_tokens": 10**30},
    {"prompt_tokens": 1.5, "completion_tokens": float("nan")}, {"input_tokens": {"a": [[]]}, "output_tokens": "x"},
)  # fmt: skip


@dataclass
class Config:
    """`rates`: chance of each fate (see FATES) per request; what is left is answered well.

    `retry_after`: seconds, sent with a 429; `retry_after_date`: as an HTTP date. `max_in_flight`: a 429 beyond it.
    `text`: the answer to a request for no structure. `huge_megabytes`: what a `huge` reply has beside it.
    `only_first`: fates strike only a request's first call.
    """

    latency: float = 0.0
    rates: dict[str, float] = field(default_factory=dict)
    seed: int = 1
    retry_after: float | None = None
    retry_after_date: bool = False
    max_in_flight: int | None = None
    text: str = "The answer is A."
    trickle_seconds: float = 0.05
    only_first: bool = False
    huge_megabytes: float = 20.0


class Stub:
    def __init__(self, config: Config) -> None:
        self.restart(config)

    def restart(self, config: Config) -> None:
        unknown = set(config.rates) - set(FATES)
        if unknown:
            raise ValueError(f"unknown fates: {unknown}")
        self.config = config
        self.answers: dict[str, list[str]] = defaultdict(list)
        self.repeats: Counter[str] = Counter()
        self.in_flight = self.most_in_flight = 0
        self.arrivals: list[float] = []
        self.last_headers: dict[str, str] = {}
        self.last_body: Json = {}

    def stats(self) -> Json:
        answers = Counter(answer for given in self.answers.values() for answer in given)
        return {
            "requests": answers.total(),
            "distinct": len(self.answers),
            "answers": answers,
            "repeats": self.repeats,  # by what the call before had been answered
            "most_in_flight": self.most_in_flight,
            "arrivals": self.arrivals[-2000:],
            "last_headers": self.last_headers,
            "last_body": self.last_body,
        }

    def _fate(self, key: str) -> str:
        before = self.answers[key]
        if before:
            self.repeats[before[-1]] += 1
        config = self.config
        if config.max_in_flight is not None and self.in_flight > config.max_in_flight:
            fate = "429"
        elif config.only_first and before:
            fate = "ok"
        else:
            fate = "ok"
            if config.rates:
                draw = random.Random(f"{config.seed}:{key}:{len(before)}").random()
                for name, rate in config.rates.items():
                    draw -= rate
                    if draw < 0:
                        fate = name
                        break
        before.append(fate)
        return fate

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.arrivals.append(time())
        self.last_headers = {name.lower(): value for name, value in request.headers.items()}
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            fate = self._fate(hashlib.sha1(body).hexdigest())
            asked = self.last_body = json.loads(body)
            if self.config.latency:
                await asyncio.sleep(self.config.latency)
            return await self._respond(request, asked, fate)
        finally:
            self.in_flight -= 1

    async def _respond(self, request: web.Request, asked: Json, fate: str) -> web.StreamResponse:
        anthropic = request.path.endswith("/messages")
        if fate == "drop":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if fate in ("429", "quota", "500", "529", "400", "400_filter", "401", "403", "404", "422"):
            return self._error(fate, anthropic)
        if fate == "html":
            return web.Response(text="<html>Bad gateway</html>", content_type="text/html")
        if fate == "empty":
            return web.json_response({})
        reply = json.dumps((_anthropic_reply if anthropic else _openai_reply)(asked, fate, self.config.text))
        if fate == "poison":
            reply = json.dumps(json.loads(reply) | {"usage": random.Random(reply).choice(POISON)})
        if fate == "huge":
            reply = json.dumps(json.loads(reply) | {"padding": "x" * int(self.config.huge_megabytes * 2**20)})
        if fate == "malformed":
            return web.Response(text=reply[: len(reply) // 2], content_type="application/json")
        if fate in ("trickle", "drop_body"):
            return await self._trickle(request, reply, drop=fate == "drop_body")
        return web.Response(text=reply, content_type="application/json")

    async def _trickle(self, request: web.Request, reply: str, *, drop: bool) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.content_length = len(reply.encode())
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for byte in reply.encode()[:20] if drop else reply.encode():
                await response.write(bytes([byte]))
                await asyncio.sleep(0 if drop else self.config.trickle_seconds)
            if drop and request.transport is not None:
                request.transport.abort()
        return response

    def _error(self, fate: str, anthropic: bool) -> web.Response:
        status = 429 if fate == "quota" else int(fate[:3])
        headers = {}
        if status == 429 and self.config.retry_after is not None:
            after = self.config.retry_after
            headers["Retry-After"] = (
                formatdate(time() + after, usegmt=True) if self.config.retry_after_date else f"{after:g}"
            )
        code = {"quota": "insufficient_quota", "400_filter": "content_filter"}.get(fate)
        error = {"type": f"error_{status}", "message": f"stub says {fate}", "code": code}
        body = {"type": "error", "error": error} if anthropic else {"error": error}
        return web.json_response(body, status=status, headers=headers)


def instance_of(schema: Json, draw: random.Random) -> Any:
    """Something that fits a JSON schema, as far as such schemas go here."""
    if options := schema.get("anyOf"):
        return instance_of(options[0], draw)
    if values := schema.get("enum"):
        return draw.choice(values)
    kind = schema.get("type")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            return {name: instance_of(each, draw) for name, each in schema.get("properties", {}).items()}
        case "array":
            return [instance_of(schema.get("items", {}), draw)]
        case "integer" | "number":
            return draw.randint(schema.get("minimum", 1), schema.get("maximum", 5))
        case "boolean":
            return draw.random() < 0.5
        case "null":
            return None
        case _:
            return "because of the stub"


def _openai_reply(asked: Json, fate: str, text: str) -> Json:
    draw = random.Random(json.dumps(asked, sort_keys=True))
    message: Json = {"role": "assistant", "content": text, "refusal": None}
    finish = "stop"
    if (wanted := asked.get("response_format")) and wanted.get("type") == "json_schema":
        message["content"] = json.dumps(instance_of(wanted["json_schema"]["schema"], draw))
    elif asked.get("tools") and fate != "text_not_tool":
        function = asked["tools"][0]["function"]
        arguments = json.dumps(instance_of(function["parameters"], draw))
        called = {"name": function["name"], "arguments": arguments}
        message |= {"content": None, "tool_calls": [{"id": "1", "type": "function", "function": called}]}
    if fate == "refuse":
        message |= {"content": None, "refusal": "I cannot help with that."}
    elif fate == "filter":
        message["content"], finish = "", "content_filter"
    elif fate == "cut_off":
        finish = "length"
    elif fate == "think":
        message["content"] = f"<think>Let me see.</think>\n\n{message['content']}"
    elif fate == "reasoning":
        message["reasoning_content"] = "Let me see."
    return {
        "id": "chatcmpl-stub",
        "object": "chat.completion",
        "created": 1,
        "model": asked.get("model"),
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }


def _anthropic_reply(asked: Json, fate: str, text: str) -> Json:
    draw = random.Random(json.dumps(asked, sort_keys=True))
    content: list[Json] = [{"type": "text", "text": text}]
    stop = "end_turn"
    if (tools := asked.get("tools")) and fate != "text_not_tool":
        made = instance_of(tools[0]["input_schema"], draw)
        content, stop = [{"type": "tool_use", "id": "t", "name": tools[0]["name"], "input": made}], "tool_use"
    if fate in ("refuse", "filter"):
        content, stop = [{"type": "text", "text": "I cannot help with that."}], "refusal"
    elif fate == "cut_off":
        stop = "max_tokens"
    elif fate in ("think", "reasoning"):
        content.insert(0, {"type": "thinking", "thinking": "Let me see.", "signature": "s"})
    return {
        "id": "msg_stub",
        "type": "message",
        "role": "assistant",
        "model": asked.get("model"),
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 100, "output_tokens": 20},
    }


def application(config: Config) -> web.Application:
    stub = Stub(config)

    async def configure(request: web.Request) -> web.Response:
        stub.restart(Config(**await request.json()))
        return web.json_response({})

    async def stats(request: web.Request) -> web.Response:
        return web.json_response(stub.stats())

    app = web.Application(client_max_size=2**26)
    app.router.add_post("/v1/chat/completions", stub.answer)
    app.router.add_post("/v1/messages", stub.answer)
    app.router.add_post("/config", configure)
    app.router.add_get("/stats", stats)
    return app


class StubProcess:
    """The stub in a process of its own, for tests and benchmarks."""

    def __init__(self, **config: object) -> None:
        command = [sys.executable, str(Path(__file__).resolve()), "--config", json.dumps(config)]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONUNBUFFERED": "1"}
        )
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def pid(self) -> int:
        return self._process.pid

    def configure(self, **config: object) -> None:
        """Replace the configuration and forget the counts."""
        self._ask("/config", json.dumps(config).encode())

    def stats(self) -> Json:
        return self._ask("/stats")

    def _ask(self, path: str, data: bytes | None = None) -> Json:
        request = urllib.request.Request(
            self.url + path, data=data, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as response:
            answer: Json = json.load(response)
        return answer

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextlib.contextmanager
def running_stub(**config: object) -> Iterator[StubProcess]:
    stub = StubProcess(**config)
    try:
        yield stub
    finally:
        stub.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--config", type=json.loads, default={}, help="JSON, see Config")
    arguments = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", arguments.port), backlog=2048)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    app = application(Config(**arguments.config))
    # Nobody waits for the answers of a stub that is to end.
    web.run_app(app, sock=listener, print=None, access_log=None, shutdown_timeout=0.1)


if __name__ == "__main__":
    main()
