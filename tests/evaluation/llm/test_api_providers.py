"""The real SDKs over real sockets: every answer and every failure of a provider becomes the right outcome."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest

from evaluation.llm.failures import without_key
from evaluation.llm.providers import ApiProvider, ProviderNotAvailable
from evaluation.llm.registry import EndpointSettings, missing_key, provider_for
from evaluation.llm.replies import CallFailure, Outcome, Refusal, Reply
from evaluation.llm.requests import ChatRequest, Message
from tests.stub_llm import StubProcess

REQUEST = ChatRequest("m", (Message("system", "Be brief."), Message("user", "Which?")), temperature=0.0)
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"score": {"type": "integer", "minimum": 1, "maximum": 5}},
        "required": ["score"],
        "additionalProperties": False,
    }
)
BOTH = pytest.mark.parametrize("api", ["openai", "anthropic"])


def _settings(api: str, stub: StubProcess, **fields: object) -> EndpointSettings:
    url = stub.openai_url if api == "openai" else stub.url
    settings = EndpointSettings(
        name="stub", provider=api, model="m", base_url=url, api_key_variable="STUB_KEY", timeout_seconds=60.0
    )
    return replace(settings, **fields)  # type: ignore[arg-type]


def _ask_all(settings: EndpointSettings, requests: Sequence[ChatRequest]) -> list[Outcome]:
    async def ask() -> list[Outcome]:
        provider = cast(ApiProvider, provider_for(settings))
        try:
            return [await provider.complete(request) for request in requests]
        finally:
            await provider.aclose()

    return asyncio.run(ask())


def _ask(settings: EndpointSettings, request: ChatRequest = REQUEST) -> Outcome:
    return _ask_all(settings, [request])[0]


def _failure(api: str, stub: StubProcess, fate: str, **config: object) -> CallFailure:
    stub.configure(rates={fate: 1.0}, **config)
    outcome = _ask(_settings(api, stub))
    assert isinstance(outcome, CallFailure)
    assert stub.stats()["requests"] == 1, "the SDK must not retry on its own"
    return outcome


@BOTH
def test_an_answer_comes_back_with_its_tokens_and_the_raw_reply_without_the_key(
    api: str, providers: StubProcess
) -> None:
    providers.configure(text="The answer is A. My key is a-long-secret-key.")
    reply = _ask(_settings(api, providers))
    assert isinstance(reply, Reply)
    assert (reply.text, reply.reasoning, reply.cut_off) == ("The answer is A. My key is ***.", "", False)
    assert (reply.input_tokens, reply.output_tokens) == (100, 20)
    assert "a-long-secret-key" not in json.dumps(reply.raw)


def test_system_text_is_a_message_for_one_api_and_a_field_for_the_other(providers: StubProcess) -> None:
    _ask(_settings("openai", providers))
    sent = providers.stats()
    assert sent["last_body"]["messages"][0] == {"role": "system", "content": "Be brief."}
    assert sent["last_headers"]["authorization"] == "Bearer a-long-secret-key"
    _ask(_settings("anthropic", providers))
    sent = providers.stats()
    assert sent["last_body"]["system"] == "Be brief."
    assert [message["role"] for message in sent["last_body"]["messages"]] == ["user"]
    assert sent["last_headers"]["authorization"] == "Bearer a-long-secret-key"
    assert sent["last_body"]["max_tokens"] > 0


def test_a_temperature_is_sent_where_the_models_take_one(providers: StubProcess) -> None:
    _ask(_settings("openai", providers))
    assert providers.stats()["last_body"]["temperature"] == 0.0
    _ask(_settings("openai", providers, options={"send_temperature": False}))
    assert "temperature" not in providers.stats()["last_body"]
    _ask(_settings("anthropic", providers))
    assert "temperature" not in providers.stats()["last_body"]
    _ask(_settings("anthropic", providers, options={"send_temperature": True}))
    assert providers.stats()["last_body"]["temperature"] == 0.0


def test_the_limit_of_tokens_goes_by_the_name_that_the_server_knows(providers: StubProcess) -> None:
    limited = replace(REQUEST, max_tokens=7)
    _ask(_settings("openai", providers), limited)
    assert providers.stats()["last_body"]["max_tokens"] == 7
    _ask(_settings("openai", providers, options={"token_parameter": "max_completion_tokens"}), limited)
    assert providers.stats()["last_body"]["max_completion_tokens"] == 7


@BOTH
@pytest.mark.parametrize("form", ["json_schema", "tool"])
def test_a_structured_reply_is_the_json_that_the_schema_asks_for(
    api: str, form: str, providers: StubProcess
) -> None:
    request = ChatRequest("m", REQUEST.messages, response_format=form, response_schema=SCHEMA)  # type: ignore[arg-type]
    reply = _ask(_settings(api, providers), request)
    assert isinstance(reply, Reply)
    assert 1 <= json.loads(reply.text)["score"] <= 5


@BOTH
def test_text_in_place_of_the_wanted_tool_call_is_still_the_reply(api: str, providers: StubProcess) -> None:
    providers.configure(rates={"text_not_tool": 1.0}, text="<score>4</score>")
    request = ChatRequest("m", REQUEST.messages, response_format="tool", response_schema=SCHEMA)
    reply = _ask(_settings(api, providers), request)
    assert isinstance(reply, Reply)
    assert reply.text == "<score>4</score>"


@pytest.mark.parametrize(
    ("api", "fate"), [("openai", "reasoning"), ("openai", "think"), ("anthropic", "reasoning")]
)
def test_reasoning_is_kept_apart_from_the_answer(api: str, fate: str, providers: StubProcess) -> None:
    providers.configure(rates={fate: 1.0})
    reply = _ask(_settings(api, providers))
    assert isinstance(reply, Reply)
    assert (reply.text, reply.reasoning) == ("The answer is A.", "Let me see.")


@BOTH
def test_an_answer_that_ended_at_the_limit_says_so(api: str, providers: StubProcess) -> None:
    providers.configure(rates={"cut_off": 1.0})
    reply = _ask(_settings(api, providers))
    assert isinstance(reply, Reply)
    assert reply.cut_off


@pytest.mark.parametrize(
    ("api", "fate"),
    [
        ("openai", "refuse"),
        ("openai", "filter"),
        ("openai", "400_filter"),
        ("anthropic", "refuse"),
    ],
)
def test_a_refusal_is_an_outcome_of_its_own(api: str, fate: str, providers: StubProcess) -> None:
    providers.configure(rates={fate: 1.0})
    assert isinstance(_ask(_settings(api, providers)), Refusal)


@BOTH
@pytest.mark.parametrize(
    ("fate", "code"),
    [
        ("400", "bad_request"),
        ("401", "authentication"),
        ("403", "permission"),
        ("404", "not_found"),
        ("422", "unprocessable"),
    ],
)
def test_what_will_never_pass_is_permanent_and_named(
    api: str, fate: str, code: str, providers: StubProcess
) -> None:
    failure = _failure(api, providers, fate)
    assert (failure.code, failure.retryable, failure.rate_limited) == (code, False, False)


@BOTH
@pytest.mark.parametrize(
    ("fate", "code"),
    [
        ("500", "overloaded"),
        ("529", "overloaded"),
        ("drop", "connection"),
        ("drop_body", "connection"),
        ("malformed", "malformed"),
        ("html", "malformed"),
        ("empty", "malformed"),
    ],
)
def test_what_may_pass_is_retryable_and_no_sign_of_too_many_calls(
    api: str, fate: str, code: str, providers: StubProcess
) -> None:
    failure = _failure(api, providers, fate)
    assert (failure.code, failure.retryable, failure.rate_limited) == (code, True, False)


@BOTH
def test_429_asks_for_fewer_calls_and_says_for_how_long(api: str, providers: StubProcess) -> None:
    failure = _failure(api, providers, "429")
    assert (failure.code, failure.rate_limited, failure.retry_after) == ("rate_limited", True, None)
    assert _failure(api, providers, "429", retry_after=7).retry_after == 7
    dated = _failure(api, providers, "429", retry_after=30, retry_after_date=True).retry_after
    assert dated == pytest.approx(30, abs=5)


def test_an_empty_purse_is_no_matter_of_waiting(providers: StubProcess) -> None:
    failure = _failure("openai", providers, "quota")
    assert (failure.code, failure.retryable) == ("quota_exhausted", False)


@BOTH
def test_a_reply_that_trickles_past_the_timeout_is_given_up(api: str, providers: StubProcess) -> None:
    providers.configure(rates={"trickle": 1.0}, trickle_seconds=0.05)  # never silent for long, never done
    outcome = _ask(_settings(api, providers, timeout_seconds=0.3))
    assert isinstance(outcome, CallFailure)
    assert (outcome.code, outcome.retryable) == ("timeout", True)


@BOTH
def test_an_unreachable_server_is_a_retryable_failure(api: str, providers: StubProcess) -> None:
    outcome = _ask(_settings(api, providers, base_url="http://127.0.0.1:9"))
    assert isinstance(outcome, CallFailure)
    assert (outcome.code, outcome.retryable) == ("connection", True)


def test_one_failed_call_leaves_the_provider_fit_for_the_next(providers: StubProcess) -> None:
    providers.configure(rates={"drop": 1.0}, only_first=True)
    first, second = _ask_all(_settings("openai", providers), [REQUEST, REQUEST])
    assert isinstance(first, CallFailure)
    assert isinstance(second, Reply)


def test_a_server_of_ones_own_needs_no_key(providers: StubProcess) -> None:
    assert isinstance(_ask(_settings("openai", providers, api_key_variable="")), Reply)


def test_a_missing_key_is_reported_by_variable_and_endpoint_before_any_call(
    providers: StubProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STUB_KEY")
    settings = _settings("openai", providers)
    assert "STUB_KEY" in (missing_key(settings) or "")
    with pytest.raises(ProviderNotAvailable, match=r"STUB_KEY.*“stub”"):
        provider_for(settings)
    assert missing_key(replace(settings, api_key_variable="", base_url="")) is not None
    assert missing_key(EndpointSettings("h", "heuristic", "heuristic-1")) is None


def test_recorded_replies_cannot_be_called() -> None:
    with pytest.raises(ProviderNotAvailable, match="recorded"):
        provider_for(EndpointSettings("old", "recorded", "m"))


def test_a_short_key_of_a_server_of_ones_own_is_not_blotted_out_of_answers() -> None:
    assert without_key(b"the token is a token", "token") == b"the token is a token"
    assert without_key(b"key: a-long-secret-key", "a-long-secret-key") == b"key: ***"
