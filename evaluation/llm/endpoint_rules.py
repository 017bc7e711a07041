"""What an endpoint may be: the one place that decides where it may call, with whose key and with which options.

The service that writes endpoints asks here, and so does whatever is about to call one, since rows and the environment
change independently of each other.
"""

import os
from collections.abc import Mapping
from typing import Protocol

from core.secrets.addresses import (
    PRIVATE_NETWORKS,
    AddressRefused,
    check_destination,
    check_resolved,
    read_address,
)
from core.secrets.key_list import KeyList, KeyRefused
from evaluation.llm.endpoint_options import OptionsRefused, check_options
from evaluation.llm.local_folders import FolderRefused, check_folder, check_model

OWN_URLS: Mapping[str, str] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
}
"""Where the providers with an API are called unless a base URL is set."""

API_PROVIDERS = tuple(OWN_URLS)


class EndpointDescription(Protocol):
    """An endpoint, as the model, the service's specification and the registry's settings all have it."""

    @property
    def provider(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def base_url(self) -> str: ...
    @property
    def api_key_variable(self) -> str: ...
    @property
    def options(self) -> Mapping[str, object]: ...


class EndpointRefused(ValueError):
    """The endpoint may not be as it is; the message says why and holds no secret, `field` names the input at fault."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


def check_endpoint(endpoint: EndpointDescription) -> None:
    """Raises EndpointRefused where the address, the key variable or an option is not allowed. Looks no name up."""
    try:
        check_options(endpoint.provider, endpoint.options)
    except OptionsRefused as error:
        raise EndpointRefused(str(error), field="options") from error
    if endpoint.provider in API_PROVIDERS:
        _check_address_and_key(endpoint)
    elif endpoint.provider == "transformers":
        _check_folders(endpoint)


def check_unused_fields(endpoint: EndpointDescription) -> None:
    """Raises EndpointRefused where an endpoint that calls no server has the address or the key of one."""
    for field, value in (("base_url", endpoint.base_url), ("api_key_variable", endpoint.api_key_variable)):
        if value and endpoint.provider not in API_PROVIDERS:
            raise EndpointRefused(
                f"An endpoint with the provider {endpoint.provider} calls no server: leave this empty.",
                field=field,
            )


def check_where_it_leads(endpoint: EndpointDescription) -> None:
    """Raises EndpointRefused where the host's name leads to an address that no endpoint may call."""
    if endpoint.provider in API_PROVIDERS and endpoint.base_url:
        try:
            check_resolved(read_address(endpoint.base_url), private_networks=_private_networks())
        except AddressRefused as error:
            raise EndpointRefused(str(error), field="base_url") from error


def _check_address_and_key(endpoint: EndpointDescription) -> None:
    try:
        address = read_address(endpoint.base_url or OWN_URLS[endpoint.provider])
        check_destination(address, private_networks=_private_networks())
    except AddressRefused as error:
        raise EndpointRefused(str(error), field="base_url") from error
    if endpoint.api_key_variable:
        try:
            KeyList.of_environment().check(endpoint.api_key_variable, address)
        except KeyRefused as error:
            raise EndpointRefused(str(error), field="api_key_variable") from error


def _check_folders(endpoint: EndpointDescription) -> None:
    try:
        check_model(endpoint.model)
    except FolderRefused as error:
        raise EndpointRefused(str(error), field="model") from error
    adapter = endpoint.options.get("adapter")
    if isinstance(adapter, str):
        try:
            check_folder(adapter, what="adapter")
        except FolderRefused as error:
            raise EndpointRefused(str(error), field="options") from error


def _private_networks() -> str | None:
    return os.environ.get(PRIVATE_NETWORKS)
