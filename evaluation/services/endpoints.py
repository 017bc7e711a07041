"""Endpoints as providers see them, and what keeps one from being called."""

from evaluation.llm import registry
from evaluation.llm.providers import Provider
from evaluation.llm.recorded import RecordedProvider
from evaluation.llm.registry import EndpointSettings
from evaluation.models import Endpoint
from evaluation.models.endpoint import Provider as ProviderName
from evaluation.services.recorded_replies import recorded_replies


def settings_of(endpoint: Endpoint) -> EndpointSettings:
    """What a provider needs of an endpoint; Django stays outside."""
    return EndpointSettings(
        name=endpoint.name,
        provider=endpoint.provider,
        model=endpoint.model,
        base_url=endpoint.base_url,
        api_key_variable=endpoint.api_key_variable,
        timeout_seconds=float(endpoint.timeout_seconds),
        options=endpoint.options,
    )


def missing_key(endpoint: Endpoint) -> str | None:
    """What the environment lacks for calling the endpoint, in words; None: nothing."""
    return registry.missing_key(settings_of(endpoint))


def provider_of(endpoint: Endpoint) -> Provider:
    """The provider that answers for an endpoint. Raises ProviderNotAvailable, which says why."""
    if endpoint.provider == ProviderName.RECORDED:
        return RecordedProvider(recorded_replies(endpoint))
    return registry.provider_for(settings_of(endpoint))
