"""Answers of odd servers: what becomes of each, from the socket to the judge's score."""

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from functools import partial
from typing import Any, cast

from evaluation.llm.providers import ApiProvider
from evaluation.llm.registry import EndpointSettings, provider_for
from evaluation.llm.replies import CallFailure, Outcome, Refusal
from evaluation.llm.requests import ChatRequest, Message
from evaluation.stages.verdicts import CUT_OFF, read_verdict
from tests.evaluation.llm.odd_server import Answer, odd_server
from tests.fault_inputs.case import FAULTS, FaultCase, Figures

ANSWERS = FAULTS / "server_answers.jsonl"
SCHEMA = '{"type": "object"}'
LONGEST_WAIT = {"NOW+5": 60, "(NOW+5)*1000": 60}
"""Seconds, by what `Retry-After` holds; an hour for others."""


def _cases() -> Iterator[FaultCase]:
    if not ANSWERS.is_file():
        return
    for number, line in enumerate(ANSWERS.read_text(encoding="utf-8").splitlines()):
        stated = json.loads(line)
        right = _right(stated)
        yield FaultCase(f"server {number}, {stated['name']}", right, partial(_figures, stated, right))


def _right(stated: dict[str, Any]) -> Figures:
    """What the words of the field `right` say, as figures."""
    words: str = stated["right"]
    if words.startswith("score 4"):
        counted = {"tokens": [50, 10]} if "50 and 10 tokens" in words else {}
        apart = {"thoughts": True} if "thoughts kept apart" in words else {}
        return {"score": 4} | counted | apart
    if stated["kind"] == "B":
        return {"bounded wait": True}
    if words.startswith("quota_exhausted"):
        return {"code": "quota_exhausted", "tried again": False}
    if words.startswith("the message is shown"):
        again: dict[str, object] = {"tried again": False} if "not tried" in words else {}
        again |= {"code": "rate_limited"} if "429 inside" in words else {}
        return {"message": True} | again
    if words.startswith("refused"):
        return {"refused": True}
    if words.startswith("failed and tried again"):
        return {"tried again": True, "response": None}
    if words.startswith("response is"):
        return {"response": "The answer is B.", "thoughts": True}
    if words.startswith("unscored"):
        return {"score": None}
    if words.startswith("the reason names the limit"):
        return {"reason": CUT_OFF}
    raise AssertionError(f"no figure for {words!r}")


def _figures(stated: dict[str, Any], right: Figures) -> Figures:
    outcome = _outcome(stated)
    failure = outcome if isinstance(outcome, CallFailure) else None
    text = None if isinstance(outcome, CallFailure) else outcome.text
    cut_off = getattr(outcome, "cut_off", False)
    verdict = read_verdict(text or "", cut_off=cut_off)
    wait = failure.retry_after if failure else None
    longest = LONGEST_WAIT.get(stated["headers"].get("Retry-After", ""), 3600)
    figures: dict[str, object] = {
        "score": verdict.score,
        "reason": verdict.unscored_reason,
        "tokens": [outcome.input_tokens, outcome.output_tokens],
        "thoughts": bool(getattr(outcome, "reasoning", "")),
        "response": text,
        "refused": isinstance(outcome, Refusal),
        "tried again": bool(failure and failure.retryable),
        "code": failure.code if failure else None,
        "message": bool(failure and failure.message in _texts(stated)),
        "bounded wait": bool(failure and failure.retryable and wait is not None and wait <= longest),
    }
    return {name: figures[name] for name in right}


def _texts(stated: dict[str, Any]) -> list[str]:
    """Every text in the server's answer."""
    texts: list[str] = [stated["raw_body"]] if "raw_body" in stated else []

    def collect(value: object) -> None:
        if isinstance(value, str):
            texts.append(value)
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            collect(part)

    collect(stated.get("body"))
    return texts


def _outcome(stated: dict[str, Any]) -> Outcome:
    form = stated["structured_output"]
    request = ChatRequest(
        "m",
        (Message("user", "answer 0"),),
        response_format="text" if form == "tagged" else form,
        response_schema="" if form == "tagged" else SCHEMA,
    )

    async def ask(url: str) -> Outcome:
        base_url = f"{url}/v1" if stated["provider"] == "openai" else url
        settings = EndpointSettings("odd", stated["provider"], "m", base_url=base_url, timeout_seconds=10.0)
        provider = cast(ApiProvider, provider_for(settings))
        try:
            return await provider.complete(request)
        finally:
            await provider.aclose()

    with odd_server([_answer(stated)]) as server:
        return asyncio.run(ask(server.url))


def _answer(stated: dict[str, Any]) -> Answer:
    headers = dict(stated["headers"])
    soon = time.time() + 5
    moments = {"NOW+5": str(int(soon)), "(NOW+5)*1000": str(int(soon * 1000))}
    if wait := headers.get("Retry-After"):
        headers["Retry-After"] = moments.get(wait, wait)
    if "raw_body_base64" in stated:
        body: object = base64.b64decode(stated["raw_body_base64"])
    else:
        body = stated["raw_body"].encode() if "raw_body" in stated else stated["body"]
    return Answer(body, stated["status"], headers)


CASES = tuple(_cases())
