"""What the address of a webhook may look like. Where its name leads is looked at when the connection is made."""

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from perg_site.webhooks.networks import is_allowed

SCHEMES = {"http": 80, "https": 443}
LONGEST_URL = 500
LONGEST_HOST = 253
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
LOCAL_NAMES = ("localhost", "localdomain", "local", "internal", "home.arpa")
"""Names that mean this machine or its own network everywhere, and all below them."""
FIRST_FREE_PORT = 1024
"""Ports below belong to mail, databases, remote shells …; only those of the web are open."""


def problem_with(url: str, *, networks: Iterable[str] = ()) -> str:
    """Why a URL cannot be a webhook's, in words; empty where it can. `networks`: what the operator allows."""
    if len(url) > LONGEST_URL:
        return f"The address has more than {LONGEST_URL} characters."
    if not (url.isascii() and url.isprintable()):
        return (
            "The address has characters that no URL has: write the host in its xn-- form (Punycode), "
            "and other such characters percent-encoded."
        )
    if set(url) & set(' "<>\\^`{|}'):
        return "The address has a blank, a quotation mark, a backslash or a bracket in it."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is not a valid address."
    if parts.scheme not in SCHEMES or not parts.hostname:
        return "The address begins with https:// or http://, and names a host."
    if "@" in parts.netloc:
        return "The address has no user name or password in it: deliveries are signed instead."
    if port is not None and port not in SCHEMES.values() and port < FIRST_FREE_PORT:
        return f"The port is 80, 443, or {FIRST_FREE_PORT} and higher."
    if "#" in url:
        return "The address has no part behind #."
    return _problem_with_host(parts, networks)


def _problem_with_host(parts: SplitResult, networks: Iterable[str]) -> str:
    host = (parts.hostname or "").removesuffix(".")
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return _problem_with_name(host, networks) if "[" not in parts.netloc else "This is no IPv6 address."
    if isinstance(ip, ipaddress.IPv6Address) and ip.scope_id is not None:
        return "The address names a network interface of this machine."
    return "" if is_allowed(str(ip), networks) else refusal(host)


def _problem_with_name(name: str, networks: Iterable[str]) -> str:
    labels = name.split(".")
    if len(name) > LONGEST_HOST or not all(LABEL.fullmatch(label) for label in labels):
        return "The host is no name of the DNS."
    if NUMBER.fullmatch(labels[-1]):
        return "An IPv4 address is written as four decimal numbers without leading zeros."
    is_local = any(name == local or name.endswith(f".{local}") for local in LOCAL_NAMES)
    return refusal(name) if is_local and not tuple(networks) else ""


def refusal(host: str) -> str:
    return (
        f"{host} leads into a private network, which webhooks may not reach unless the operator allows it "
        "with PERG_WEBHOOK_NETWORKS."
    )
