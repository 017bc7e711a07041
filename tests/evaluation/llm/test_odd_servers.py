"""Servers that speak a provider's API in their own way: what they say is read, or failed once in their own words."""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any, cast

import pytest

from evaluation.llm.failures import LONGEST_WAIT, retry_after_seconds
from evaluation.llm.providers import ApiProvider
from evaluation.llm.registry import EndpointSettings, provider_for
from evaluation.llm.replies import CallFailure, Outcome, Refusal, Reply
from evaluation.llm.requests import ChatRequest, Message
from tests.evaluation.llm.odd_server import Answer, odd_server

BOTH = pytest.mark.parametrize("api", ["openai", "anthropic"])
TEXT = "The answer is B."


def outcomes(answers: Sequence[Answer], *, api: str = "openai", tool: bool = False) -> list[Outcome]:
    """What becomes of each answer; each is asked for once, and the SDK must not ask again on its own."""

    async def ask(url: str) -> list[Outcome]:
        base_url = f"{url}/v1" if api == "openai" else url
        settings = EndpointSettings("odd", api, "m", base_url=base_url, timeout_seconds=60.0)
        provider = cast(ApiProvider, provider_for(settings))
        schema = {"response_format": "tool", "response_schema": '{"type": "object"}'} if tool else {}
        try:
            return [
                await provider.complete(
                    ChatRequest("m", (Message("user", f"answer {number}"),), **schema)  # type: ignore[arg-type]
                )
                for number in range(len(answers))
            ]
        finally:
            await provider.aclose()

    with odd_server(answers) as server:
        came = asyncio.run(ask(server.url))
        assert set(server.calls.values()) == {1}
    return came


def outcome(answer: Answer, **how: Any) -> Outcome:
    return outcomes([answer], **how)[0]


def openai_reply(**changes: object) -> dict[str, object]:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": TEXT}}
    return {"choices": [choice], "usage": {"prompt_tokens": 50, "completion_tokens": 10}} | changes


def anthropic_reply(**changes: object) -> dict[str, object]:
    usage = {"input_tokens": 50, "output_tokens": 10}
    return {
        "content": [{"type": "text", "text": TEXT}],
        "stop_reason": "end_turn",
        "usage": usage,
    } | changes


def openai_message(message: dict[str, object], finish_reason: str | None = "stop") -> dict[str, object]:
    return openai_reply(choices=[{"index": 0, "finish_reason": finish_reason, "message": message}])


def deep(levels: int) -> object:
    value: object = "bottom\0"
    for _ in range(levels):
        value = [value]
    return value


ODD_VALUES = ["many", 3.7, -1, 10**30, [1, 2], {"a": 1}, None, True, deep(480), "\0", "\ud800", 1e308]


@BOTH
@pytest.mark.parametrize(
    ("stated", "read"),
    [
        ((50, 10), (50, 10)),
        ((50.0, 10.0), (50, 10)),
        (("50", "10"), (50, 10)),
        ((50.5, 10), (None, 10)),
        ((-1, 10), (None, 10)),
        ((10**30, 10), (None, 10)),
        ((True, 10), (None, 10)),
        (([50], {}), (None, None)),
        ((None, None), (None, None)),
    ],
)
@pytest.mark.one_in(3)
def test_token_counts_are_whole_numbers_or_unknown(
    api: str, stated: tuple[object, object], read: tuple[int | None, int | None]
) -> None:
    if api == "openai":
        body = openai_reply(usage={"prompt_tokens": stated[0], "completion_tokens": stated[1]})
    else:
        body = anthropic_reply(usage={"input_tokens": stated[0], "output_tokens": stated[1]})
    reply = outcome(Answer(body), api=api)
    assert isinstance(reply, Reply)
    assert (reply.text, reply.input_tokens, reply.output_tokens) == (TEXT, *read)


@BOTH
@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: repr(value)[:20])
@pytest.mark.one_in(3)
def test_whatever_stands_beside_the_reply_the_reply_is_read(api: str, value: object) -> None:
    made = openai_reply if api == "openai" else anthropic_reply
    names = ("usage", "id", "model", "created", "system_fingerprint", "timings", "error_count")
    for name, reply in zip(
        names, outcomes([Answer(made(**{name: value})) for name in names], api=api), strict=True
    ):
        assert isinstance(reply, Reply), name
        assert reply.text == TEXT


@BOTH
def test_nan_infinity_and_a_byte_order_mark_do_no_harm(api: str) -> None:
    made = openai_reply if api == "openai" else anthropic_reply
    body = json.dumps(made(timings={"a": float("nan"), "b": float("-inf"), "c": 10**400}))
    for content in (body.encode(), b"\xef\xbb\xbf" + body.encode(), body.replace("NaN", "1e999").encode()):
        reply = outcome(Answer(content), api=api)
        assert isinstance(reply, Reply)
        assert reply.text == TEXT
        json.dumps(reply.raw, allow_nan=False)


def test_of_several_choices_the_one_with_index_0_is_read() -> None:
    second, first = (
        {"index": index, "finish_reason": "stop", "message": {"content": text}}
        for index, text in ((1, "The answer is C."), (0, TEXT))
    )
    reply = outcome(Answer(openai_reply(choices=[second, first])))
    assert isinstance(reply, Reply)
    assert reply.text == TEXT


@pytest.mark.parametrize(
    ("message", "text", "reasoning"),
    [
        ({"content": [{"type": "text", "text": TEXT}]}, TEXT, ""),
        ({"content": [{"type": "output_text", "text": "The answer"}, {"text": " is B."}]}, TEXT, ""),
        ({"content": ["The answer", " is B."]}, TEXT, ""),
        ({"content": {"type": "text", "text": TEXT}}, TEXT, ""),
        ({"content": [{"type": "text", "text": {"value": TEXT}}]}, TEXT, ""),
        ({"content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": TEXT}]}, TEXT, "hm"),
        ({"content": TEXT, "reasoning_content": "hm"}, TEXT, "hm"),
        ({"content": TEXT, "reasoning": [{"type": "text", "text": "hm"}]}, TEXT, "hm"),
        ({"content": TEXT, "reasoning": {"a": 1}}, TEXT, ""),
        ({"content": f"hm, A?\n</think>\n\n{TEXT}"}, TEXT, "hm, A?"),
        ({"content": f"<thinking>hm</thinking>\n{TEXT}"}, TEXT, "hm"),
        ({"content": TEXT, "refusal": None}, TEXT, ""),
        ({"content": TEXT, "refusal": {"a": 1}}, TEXT, ""),
        ({"content": TEXT, "tool_calls": "none"}, TEXT, ""),
        ({"content": None}, "", ""),
        ({"content": 7}, "", ""),
    ],
)
@pytest.mark.one_in(3)
def test_an_answer_is_read_in_whatever_parts_it_comes(
    message: dict[str, object], text: str, reasoning: str
) -> None:
    reply = outcome(Answer(openai_message({"role": "assistant"} | message)))
    assert isinstance(reply, Reply)
    assert (reply.text, reply.reasoning) == (text, reasoning)


@pytest.mark.parametrize(
    ("arguments", "content", "text"),
    [
        ({"score": 4}, None, '{"score": 4}'),
        ('{"score": 4}', None, '{"score": 4}'),
        (None, '{"score": 4}', '{"score": 4}'),
        ([], '{"score": 4}', '{"score": 4}'),
        ("", '{"score": 4}', '{"score": 4}'),
    ],
)
def test_the_arguments_of_a_tool_are_read_as_text_or_object_or_from_the_content(
    arguments: object, content: str | None, text: str
) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "reply", "arguments": arguments}}
    message: dict[str, object] = {"role": "assistant", "content": content, "tool_calls": [call]}
    reply = outcome(Answer(openai_message(message, "tool_calls")), tool=True)
    assert isinstance(reply, Reply)
    assert reply.text == text


@pytest.mark.parametrize(
    "body",
    [
        openai_reply(choices=[{"index": 0, "finish_reason": "content_filter"}]),
        openai_reply(choices=[{"index": 0, "finish_reason": "content_filter", "message": None}]),
        openai_message({"role": "assistant", "content": None, "refusal": "I will not."}),
        openai_message({"role": "assistant", "content": [{"type": "refusal", "refusal": "I will not."}]}),
    ],
)
def test_a_filtered_answer_is_a_refusal_also_without_a_message(body: dict[str, object]) -> None:
    assert isinstance(outcome(Answer(body)), Refusal)


def test_an_answer_that_broke_off_with_an_error_is_no_response_and_is_tried_again() -> None:
    choice = {
        "finish_reason": "error",
        "error": {"code": 502, "message": "The provider behind us died"},
        "message": {"role": "assistant", "content": "The answer is B"},
    }
    failure = outcome(Answer(openai_reply(choices=[choice])))
    assert isinstance(failure, CallFailure)
    assert (failure.message, failure.retryable) == ("The provider behind us died", True)
    assert failure.input_tokens == 50


SHAPES = [
    {"error": {"message": "the words"}},
    {"error": {"message": {"text": "x", "detail": "the words"}}},
    {"error": "the words"},
    {"errors": [{"message": "the words"}], "message": "the words"},
    {"detail": "the words"},
    {"detail": [{"loc": ["body"], "msg": "the words"}]},
    {"message": "the words"},
    [{"error": {"message": "the words"}}],
    b"the words",
]


@BOTH
@pytest.mark.parametrize("body", SHAPES, ids=lambda body: str(body)[:40])
@pytest.mark.one_in(3)
def test_the_servers_own_words_are_in_the_failure_whatever_their_shape(api: str, body: object) -> None:
    failure = outcome(Answer(body, 400), api=api)
    assert isinstance(failure, CallFailure)
    assert (failure.message, failure.code, failure.retryable) == ("the words", "bad_request", False)


@BOTH
@pytest.mark.parametrize(
    ("body", "code", "retryable"),
    [
        ({"error": {"code": 429, "message": "slow down"}}, "rate_limited", True),
        ({"error": {"code": "rate_limit_exceeded", "message": "slow down"}}, "rate_limited", True),
        ({"error": {"code": "503", "message": "busy"}}, "overloaded", True),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}, "overloaded", True),
        ({"object": "error", "message": "no model m", "code": 404}, "not_found", False),
        ({"object": "error", "message": "no model m", "type": "NotFoundError"}, "server_error", False),
        ({"error": "no model m"}, "server_error", False),
        ([{"error": {"message": "no"}}], "server_error", False),
    ],
)
@pytest.mark.one_in(3)
def test_an_error_inside_http_200_is_that_error(api: str, body: object, code: str, retryable: bool) -> None:
    failure = outcome(Answer(body), api=api)
    assert isinstance(failure, CallFailure)
    assert (failure.code, failure.retryable) == (code, retryable)
    assert failure.message in ("slow down", "busy", "no model m", "no")


@BOTH
@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"code": "insufficient_quota", "message": "x"}, "quota_exhausted"),
        ({"type": "insufficient_quota", "code": None, "message": "x"}, "quota_exhausted"),
        ({"code": "billing_hard_limit_reached", "message": "x"}, "quota_exhausted"),
        ({"message": "Your credit balance is too low to access the API."}, "quota_exhausted"),
        ({"message": "Insufficient balance"}, "quota_exhausted"),
        ({"status": "RESOURCE_EXHAUSTED", "message": "Quota per day is used up."}, "rate_limited"),
        ({"message": "Too many requests per minute"}, "rate_limited"),
    ],
)
@pytest.mark.one_in(3)
def test_a_quota_that_only_money_ends_is_not_waited_for_and_one_of_a_day_is(
    api: str, error: dict[str, object], code: str
) -> None:
    failure = outcome(Answer({"error": error}, 429), api=api)
    assert isinstance(failure, CallFailure)
    assert failure.code == code
    assert failure.retryable == (code == "rate_limited")
    assert failure.message == error["message"]


@pytest.mark.parametrize(
    "stated",
    [
        lambda now: str(int(now + 5)),
        lambda now: str(int((now + 5) * 1000)),
        lambda now: f"{now + 5:.3f}",
    ],
)
def test_a_moment_in_retry_after_is_waited_for_as_such(stated: Any) -> None:
    wait = retry_after_seconds({"retry-after": stated(time.time())})
    assert wait == pytest.approx(5, abs=2)


@pytest.mark.parametrize(
    ("stated", "wait"),
    [
        ("9000000", LONGEST_WAIT),
        ("1e300", LONGEST_WAIT),
        ("Fri, 31 Dec 2089 23:59:59 GMT", LONGEST_WAIT),
        ("Fri, 31 Dec 9999 23:59:59 -2359", LONGEST_WAIT),
        ("-7", 0.0),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0.0),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        ("7", 7.0),
    ],
)
def test_no_server_is_waited_for_longer_than_an_hour(stated: str, wait: float | None) -> None:
    assert retry_after_seconds({"retry-after": stated}) == wait


def test_a_wait_in_milliseconds_is_read() -> None:
    assert retry_after_seconds({"retry-after-ms": "1500", "retry-after": "9"}) == 1.5


@BOTH
@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"7", b'"x"', b"{}", b"<html>", b"[" * 100_000])
@pytest.mark.one_in(3)
def test_what_is_no_reply_at_all_is_malformed(api: str, content: bytes) -> None:
    failure = outcome(Answer(content), api=api)
    assert isinstance(failure, CallFailure)
    assert failure.code == "malformed"
