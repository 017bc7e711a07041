"""From an endpoint's settings to the provider that calls it."""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType

from core.secrets.key_list import key_problem
from evaluation.llm.endpoint_rules import (
    API_PROVIDERS,
    OWN_URLS,
    EndpointRefused,
    check_endpoint,
    check_where_it_leads,
)
from evaluation.llm.heuristic import HeuristicProvider
from evaluation.llm.providers import BatchProvider, Provider, ProviderNotAvailable
from evaluation.llm.replies import MOST_REPLY_BYTES

SDK_VARIABLES = (
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_CUSTOM_HEADERS",
    "OPENAI_ADMIN_KEY",
    "OPENAI_CUSTOM_HEADERS",
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
)
"""What the SDKs put into headers of their own accord, whatever the server."""

_environment = threading.Lock()


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """What calling an endpoint takes. `timeout_seconds` is for one call, from its start to its last byte."""

    name: str
    provider: str
    model: str
    base_url: str = ""
    api_key_variable: str = ""
    timeout_seconds: float = 120.0
    reply_max_bytes: int = MOST_REPLY_BYTES
    options: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


def missing_key(endpoint: EndpointSettings) -> str | None:
    """Why the endpoint cannot be called here, in words: its key, its address or its options; None: it can."""
    try:
        check_endpoint(endpoint)
    except EndpointRefused as error:
        return f"The endpoint “{endpoint.name}” cannot be called. {error}"
    if endpoint.provider not in API_PROVIDERS:
        return None
    if not endpoint.api_key_variable:
        if endpoint.base_url:
            return None  # a self-hosted server may need no key
        return f"The endpoint “{endpoint.name}” names no environment variable that holds its key."
    if problem := key_problem(os.environ.get(endpoint.api_key_variable, "")):
        return (
            f"The environment variable {endpoint.api_key_variable}, which holds the key for the endpoint "
            f"“{endpoint.name}”, {problem}. Set it for the web server and the workers, and restart them."
        )
    return None


def provider_for(endpoint: EndpointSettings) -> Provider:
    """A provider ready to be called. Raises ProviderNotAvailable, which says why: a missing key, for one.

    SDKs and machine learning libraries are heavy, so each is imported when it is first wanted.
    """
    if (obstacle := missing_key(endpoint)) is not None:
        raise ProviderNotAvailable(obstacle)
    try:
        check_where_it_leads(endpoint)
    except EndpointRefused as error:
        raise ProviderNotAvailable(f"The endpoint “{endpoint.name}” cannot be called. {error}") from error
    with _without_headers_of_the_environment(endpoint):
        return _provider(endpoint)


def _provider(endpoint: EndpointSettings) -> Provider:
    match endpoint.provider:
        case "openai":
            from evaluation.llm.openai_api import OpenAIProvider

            return OpenAIProvider(
                key=_key(endpoint),
                base_url=endpoint.base_url or OWN_URLS[endpoint.provider],
                timeout=endpoint.timeout_seconds,
                options=endpoint.options,
                most_bytes=endpoint.reply_max_bytes,
            )
        case "anthropic":
            from evaluation.llm.anthropic_api import AnthropicProvider

            return AnthropicProvider(
                key=_key(endpoint),
                base_url=endpoint.base_url or OWN_URLS[endpoint.provider],
                timeout=endpoint.timeout_seconds,
                options=endpoint.options,
                most_bytes=endpoint.reply_max_bytes,
            )
        case "transformers":
            return _local(endpoint.model, json.dumps(dict(endpoint.options), sort_keys=True))
        case "heuristic":
            return HeuristicProvider()
        case "recorded":
            raise ProviderNotAvailable(
                f"The endpoint “{endpoint.name}” holds recorded replies: it cannot be called."
            )
        case other:
            raise ProviderNotAvailable(
                f"No provider “{other}”, which “{endpoint.name}” names, is known here."
            )


def _key(endpoint: EndpointSettings) -> str:
    return os.environ.get(endpoint.api_key_variable, "").strip() if endpoint.api_key_variable else ""


@contextmanager
def _without_headers_of_the_environment(endpoint: EndpointSettings) -> Iterator[None]:
    """While a client is made for another server than the SDK's own, what the SDK would send it unasked is not there."""
    if not endpoint.base_url:
        yield
        return
    with _environment:
        values = {name: os.environ.pop(name) for name in SDK_VARIABLES if name in os.environ}
        try:
            yield
        finally:
            os.environ.update(values)


_loaded: dict[tuple[str, str], BatchProvider] = {}


def _local(model: str, options: str) -> BatchProvider:
    """A process holds one local model at a time, loaded once for all the chunks it answers."""
    if (model, options) not in _loaded:
        _loaded.clear()  # before the next is loaded: there may not be memory for two
        try:
            from evaluation.llm.local import LocalProvider
        except ImportError as error:
            raise ProviderNotAvailable(
                f"Local models need torch and transformers on this worker: {error}."
            ) from error
        _loaded[model, options] = LocalProvider(model, json.loads(options))
    return _loaded[model, options]
