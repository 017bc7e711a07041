"""Which address a request comes from: the connection's own, or what a stated proxy says of it."""

import ipaddress
from collections.abc import Callable, Sequence
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

FORWARDING_HEADERS = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_PROTOCOL",
    "HTTP_X_FORWARDED_SERVER",
    "HTTP_X_FORWARDED_SSL",
    "HTTP_X_REAL_IP",
)
"""What a proxy says of the connection that it got. From anybody else it is a claim, and is dropped."""


class TrustedProxyMiddleware:
    """Puts the client's address into `REMOTE_ADDR`, and drops the forwarding headers of everybody else.

    It stands before all other middleware: whatever asks for the client's address, for HTTPS or for the host
    afterwards gets an answer that no client can make up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        proxies = trusted_networks(tuple(settings.TRUSTED_PROXIES))
        peer = request.META.get("REMOTE_ADDR", "")
        if is_within(parsed(peer), proxies):
            request.META["REMOTE_ADDR"] = client_behind(
                proxies, peer=peer, forwarded_for=request.META.get("HTTP_X_FORWARDED_FOR", "")
            )
        else:
            for header in FORWARDING_HEADERS:
                request.META.pop(header, None)
        return self.get_response(request)


def client_behind(proxies: Sequence[Network], *, peer: str, forwarded_for: str) -> str:
    """The last address that no trusted proxy has: the one nearest to us that could have been made up is not used.

    Where a proxy names no address that can be read, the proxy's own is all that is known.
    """
    nearest = peer
    for hop in reversed(forwarded_for.split(",")):
        address = parsed(_without_port(hop.strip()))
        if address is None:
            return nearest
        nearest = str(address)
        if not is_within(address, proxies):
            return nearest
    return nearest


def parsed(text: str) -> Address | None:
    """The address that a text names, an IPv4 address in IPv6 form as IPv4; None where it is not an address."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_within(address: Address | None, networks: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in networks)


@lru_cache(maxsize=8)
def trusted_networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Raises ValueError for a text that is not a network; a system check says so before anything is served."""
    return tuple(ipaddress.ip_network(text) for text in texts)


def _without_port(hop: str) -> str:
    """Some proxies name the client's port, too: `192.0.2.1:4711`, `[2001:db8::1]:4711`."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
