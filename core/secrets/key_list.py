"""The operator's list of key variables: ENDPOINT_KEYS says which may be used, and where each key may be sent.

    ENDPOINT_KEYS=OPENAI_API_KEY,TOGETHER_API_KEY@api.together.xyz,VLLM_API_KEY@http://gpu1.lan:8000

An entry is a variable, and behind `@` a host that its key may be sent to; the variable is repeated for further hosts.
`*.example.org` is every host below example.org. Without `http://` a key goes over HTTPS alone, except to this machine.
Without a port it goes to the usual one, and on this machine to any. Without the list, variables named like
`…_API_KEY` may be used, and those of OpenAI and Anthropic have their own hosts.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from core.secrets.addresses import DEFAULT_PORTS, Address, AddressRefused, read_address
from core.secrets.environment import is_reserved, reserve_variable

ENDPOINT_KEYS = "ENDPOINT_KEYS"
reserve_variable(ENDPOINT_KEYS)

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
DEFAULT_NAME = re.compile(r"[A-Z][A-Z0-9_]*_API_KEY")
OWN_HOSTS: Mapping[str, str] = {
    "OPENAI_API_KEY": "api.openai.com",
    "ANTHROPIC_API_KEY": "api.anthropic.com",
}


class KeyRefused(ValueError):
    """A key may not be used, or not there; the message says why and never holds a key."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a key may be sent. `scheme` is empty where the operator stated none; so is `port`."""

    host: str
    scheme: str = ""
    port: int | None = None

    def admits(self, address: Address) -> bool:
        """Whether a request to the address may carry the key."""
        if self.host.startswith("*."):
            if not address.host.endswith(self.host[1:]):
                return False
        elif address.host != self.host:
            return False
        if self.scheme and address.scheme != self.scheme:
            return False
        if not self.scheme and address.scheme != "https" and not address.is_loopback:
            return False
        if self.port is not None:
            return address.port == self.port
        return address.is_loopback or address.port == DEFAULT_PORTS[address.scheme]

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (f"{self.scheme}://" if self.scheme else "") + host + (f":{self.port}" if self.port else "")


class KeyList:
    """Which variables may hold a key, and the destinations of each."""

    def __init__(self, entries: Mapping[str, tuple[Destination, ...]] | None) -> None:
        self._entries = entries

    @classmethod
    def of_environment(cls) -> "KeyList":
        """The operator's list, or the default one. Raises KeyRefused where it cannot be read."""
        stated = os.environ.get(ENDPOINT_KEYS)
        return cls(None if stated is None or not stated.strip() else _entries(stated))

    def names(self) -> frozenset[str]:
        """The listed variables that are set now."""
        return frozenset(name for name in os.environ if self._lists(name))

    def check(self, variable: str, address: Address) -> None:
        """Raises KeyRefused where the variable may not hold a key, or its key may not be sent to the address."""
        if not self._lists(variable):
            shown = variable if NAME.fullmatch(variable) else "This"
            raise KeyRefused(
                f"{shown} is no variable that endpoints may take a key from. The operator lists those in "
                f"{ENDPOINT_KEYS}; without the list, they are those named like …_API_KEY."
            )
        destinations = self._destinations(variable)
        if any(destination.admits(address) for destination in destinations):
            return
        places = ", ".join(map(str, destinations))
        plain = " over plain HTTP" if address.scheme == "http" else ""
        host = f"[{address.host}]" if ":" in address.host else address.host
        port = "" if address.port == DEFAULT_PORTS[address.scheme] else f":{address.port}"
        scheme = "http://" if address.scheme == "http" else ""
        raise KeyRefused(
            f"The key in {variable} may not be sent to {host}{port}{plain}. "
            + (f"It may be sent to {places}. " if places else "The operator has stated no host for it. ")
            + f"An operator allows it with {ENDPOINT_KEYS}={variable}@{scheme}{host}{port}."
        )

    def _lists(self, variable: str) -> bool:
        if is_reserved(variable):
            return False
        return (
            DEFAULT_NAME.fullmatch(variable) is not None
            if self._entries is None
            else variable in self._entries
        )

    def _destinations(self, variable: str) -> tuple[Destination, ...]:
        stated = self._entries.get(variable, ()) if self._entries is not None else ()
        own = OWN_HOSTS.get(variable)
        return stated or ((Destination(own),) if own else ())


@lru_cache(maxsize=8)
def _entries(text: str) -> Mapping[str, tuple[Destination, ...]]:
    entries: dict[str, tuple[Destination, ...]] = {}
    for number, entry in enumerate(filter(None, map(str.strip, text.split(","))), start=1):
        name, at, place = entry.partition("@")
        if not NAME.fullmatch(name) or (at and not place):
            raise KeyRefused(f"Entry {number} of {ENDPOINT_KEYS} is not NAME or NAME@host.")
        try:
            destinations = (_destination(place),) if place else ()
        except AddressRefused as error:
            raise KeyRefused(
                f"The host in entry {number} of {ENDPOINT_KEYS} is not valid: {error}"
            ) from error
        entries[name] = entries.get(name, ()) + destinations
    return entries


def _destination(place: str) -> Destination:
    scheme, separator, rest = place.partition("://")
    if not separator:
        scheme, rest = "", place
    subdomains = rest.startswith("*.")
    host = rest.removeprefix("*.")
    if "/" in host or (subdomains and "." not in host):
        raise AddressRefused("It is a host, with its port if needed, and no path.")
    address = read_address(f"{scheme.lower() or 'https'}://{host}")
    has_port = re.search(r":\d+$", host) is not None and not host.endswith("]")
    return Destination(
        ("*." if subdomains else "") + address.host, scheme.lower(), address.port if has_port else None
    )


def key_problem(value: str) -> str:
    """Why a key cannot be sent, in words that follow its variable's name; empty where it can. Never the key itself."""
    value = value.strip()
    if not value:
        return "is not set"
    if not value.isascii():
        return "holds characters outside ASCII, such as curly quotes: copy the key again"
    if any(character.isspace() or not character.isprintable() for character in value):
        return "holds a blank, a line break or a control character: a key is one word"
    if value[0] in "\"'`" or value[-1] in "\"'`":
        return "holds quotation marks around the key: leave them out"
    return ""
