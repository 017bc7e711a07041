"""Base URLs of endpoints: read strictly, and kept away from addresses that no model server has.

An admin is trusted to name any server, also one in the operator's own network, since that is where self-hosted models
are. An admin is not trusted with the machine's cloud credentials or the site's own database, so those addresses are
refused. ENDPOINT_PRIVATE_NETWORKS narrows the private networks down.
"""

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlsplit

from core.secrets.environment import reserve_variable, services_at

PRIVATE_NETWORKS = "ENDPOINT_PRIVATE_NETWORKS"
reserve_variable(PRIVATE_NETWORKS)

DEFAULT_PORTS = {"http": 80, "https": 443}
HOST_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")
UNSAFE = re.compile(r"[^\x21-\x7e]|[\\\"<>^`{|}]|%(?:[01][0-9a-f]|7f)", re.IGNORECASE)

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

FORBIDDEN_NETWORKS: tuple[Network, ...] = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8",  # this machine under another name
            "169.254.0.0/16",  # link-local: metadata of most clouds
            "100.100.100.200/32",  # metadata of Alibaba Cloud
            "168.63.129.16/32",  # the host of an Azure machine
            "192.0.0.192/32",  # metadata of Oracle Cloud
            "224.0.0.0/4",
            "240.0.0.0/4",
            "::/128",
            "fe80::/10",
            "fd00:ec2::/32",  # metadata of AWS
            "fd20:ce::/32",  # metadata of Google Cloud
            "ff00::/8",
        ),
    )
)
FORBIDDEN_NAMES = frozenset(
    {
        "instance-data",
        "instance-data.ec2.internal",
        "metadata",
        "metadata.azure.internal",
        "metadata.goog",
        "metadata.google.internal",
        "metadata.tencentyun.com",
        "rancher-metadata",
    }
)
IPV4_IN_IPV6 = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")))


class AddressRefused(ValueError):
    """The base URL cannot be an endpoint's; the message says why, without the URL."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where requests go. `host` is in lower case, without a dot at its end; an IP address is in its usual form."""

    scheme: str
    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine."""
        ip = _ip(self.host)
        return self.host == "localhost" or (ip is not None and _is_loopback(ip))


def read_address(url: str) -> Address:
    """The address that a base URL names. Raises AddressRefused, saying what is wrong with the URL."""
    if UNSAFE.search(url):
        raise AddressRefused(
            "The base URL contains blanks, control characters, backslashes or other characters that an address does "
            "not have. Write a name outside ASCII in its xn-- form."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused("The base URL is not a valid address: check its host and port.") from error
    _check_parts(url, parts)
    if port is None:
        port = DEFAULT_PORTS[parts.scheme]
    return Address(parts.scheme, _host(parts), port)


def _check_parts(url: str, parts: SplitResult) -> None:
    if parts.scheme not in DEFAULT_PORTS:
        raise AddressRefused("The base URL begins with https:// or http://.")
    if "@" in parts.netloc:
        raise AddressRefused(
            "The base URL contains a user name or password. Keys are not stored: name an environment variable."
        )
    if "#" in url:
        raise AddressRefused("The base URL has no part after #.")
    if "?" in url and [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)] != ["api-version"]:
        raise AddressRefused("The base URL has no query, except ?api-version=… of Azure.")
    if parts.netloc.endswith(":") or parts.port == 0:
        raise AddressRefused("The base URL has a port from 1 to 65535, or none.")


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").removesuffix(".")
    if not host:
        raise AddressRefused("The base URL names no host.")
    if parts.netloc.startswith("["):
        ip = _ip(host)
        if not isinstance(ip, ipaddress.IPv6Address) or "%" in host:
            raise AddressRefused("The base URL has something other than an IPv6 address in brackets.")
        return str(ip)
    # What ends in a number is an IPv4 address to many a library: 2130706433, 0x7f.1 and 127.1 are 127.0.0.1.
    last = host.rpartition(".")[2]
    if (last.isdigit() or last.startswith("0x")) and not isinstance(_ip(host), ipaddress.IPv4Address):
        raise AddressRefused("Write an IPv4 address in the base URL as four numbers, such as 192.168.0.7.")
    if not HOST_NAME.fullmatch(host) or ".." in host:
        raise AddressRefused("The base URL names no valid host.")
    return host


def check_destination(address: Address, *, private_networks: str | None) -> None:
    """Raises AddressRefused where requests may not go, as far as the URL itself says.

    `private_networks` is the operator's list; None allows every private network.
    """
    if address.host in FORBIDDEN_NAMES:
        raise AddressRefused("The base URL names a cloud's metadata service, which no endpoint may call.")
    for own in services_at(address.port):
        if own == address.host or (address.is_loopback and Address("http", own, address.port).is_loopback):
            raise AddressRefused("The base URL names a service of this site itself, such as its database.")
    ip = ipaddress.ip_address("127.0.0.1") if address.host == "localhost" else _ip(address.host)
    if ip is not None:
        _check_ip(ip, private_networks)


def check_resolved(address: Address, *, private_networks: str | None) -> None:
    """Look the host up and raise AddressRefused where it leads to an address that no endpoint may call.

    A host that is unknown is no matter of this check: the call itself will fail.
    """
    addresses = _lookup(address.host, address.port)
    for ip in addresses:
        _check_ip(ip, private_networks)
    for own in services_at(address.port):
        if addresses & _lookup(own, address.port):
            raise AddressRefused("The base URL leads to a service of this site itself, such as its database.")


def _lookup(host: str, port: int) -> set[IP]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return set()
    return {ipaddress.ip_address(str(socket_address[0]).partition("%")[0]) for *_, socket_address in answers}


def _check_ip(ip: IP, private_networks: str | None) -> None:
    addresses = [ip, *_embedded_ipv4(ip)]
    if any(address in network for address in addresses for network in FORBIDDEN_NETWORKS):
        raise AddressRefused(
            "The base URL leads to a link-local, metadata or multicast address, which no endpoint may call."
        )
    if private_networks is None or all(address.is_global for address in addresses):
        return
    allowed = read_networks(private_networks)
    if not all(
        any(address in network for network in allowed) for address in addresses if not address.is_global
    ):
        raise AddressRefused(
            f"The base URL leads into a private network that the site's {PRIVATE_NETWORKS} does not list."
        )


def read_networks(text: str) -> list[Network]:
    """The networks of a list such as `10.0.0.0/8, ::1/128`. Raises AddressRefused where it cannot be read."""
    try:
        return [ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise AddressRefused(f"{PRIVATE_NETWORKS} is not a list of networks: {error}.") from error


def _ip(host: str) -> IP | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_loopback(ip: IP) -> bool:
    return ip.is_loopback or any(inner.is_loopback for inner in _embedded_ipv4(ip))


def _embedded_ipv4(ip: IP) -> Iterable[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address may stand for."""
    if isinstance(ip, ipaddress.IPv4Address):
        return []
    translated = [
        ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        for network in IPV4_IN_IPV6
        if ip in network and not ip.is_loopback and int(ip) != 0
    ]
    return [inner for inner in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())) if inner] + translated
