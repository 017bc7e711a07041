"""From an endpoint's settings to the provider that calls it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from evaluation.llm.heuristic import HeuristicProvider
from evaluation.llm.providers import BatchProvider, Provider, ProviderNotAvailable
from evaluation.llm.replies import MOST_REPLY_BYTES


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
    """What the environment lacks for calling the endpoint, in words that name the variable; None: nothing."""
    if endpoint.provider not in ("openai", "anthropic"):
        return None
    if endpoint.api_key_variable:
        if os.environ.get(endpoint.api_key_variable):
            return None
        return (
            f"The environment variable {endpoint.api_key_variable}, which holds the key for the endpoint "
            f"“{endpoint.name}”, is not set."
        )
    if endpoint.base_url:
        return None  # a server of one's own may want no key
    return f"The endpoint “{endpoint.name}” names no environment variable that holds its key."


def provider_for(endpoint: EndpointSettings) -> Provider:
    """A provider ready to be called. Raises ProviderNotAvailable, which says why: a missing key, for one.

    SDKs and machine learning libraries are heavy, so each is imported when it is first wanted.
    """
    if (complaint := missing_key(endpoint)) is not None:
        raise ProviderNotAvailable(complaint)
    match endpoint.provider:
        case "openai":
            from evaluation.llm.openai_api import OpenAIProvider

            return OpenAIProvider(
                key=_key(endpoint),
                base_url=endpoint.base_url,
                timeout=endpoint.timeout_seconds,
                options=endpoint.options,
                most_bytes=endpoint.reply_max_bytes,
            )
        case "anthropic":
            from evaluation.llm.anthropic_api import AnthropicProvider

            return AnthropicProvider(
                key=_key(endpoint),
                base_url=endpoint.base_url,
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
                f"The endpoint “{endpoint.name}” holds recorded replies: it cannot be called anew."
            )
        case other:
            raise ProviderNotAvailable(
                f"No provider “{other}”, which “{endpoint.name}” names, is known here."
            )


def _key(endpoint: EndpointSettings) -> str:
    return os.environ.get(endpoint.api_key_variable, "") if endpoint.api_key_variable else ""


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
