"""Sending a request to an address that a person has typed in, from inside our own network.

The name is looked up once, every address that it stands for is checked, and the connection goes to one that was
checked: a name that leads elsewhere a moment later (DNS rebinding) leads nowhere. Redirects are not followed, and no
proxy of the environment is used.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpcore2

from perg_site.models.webhook import BODY_LENGTH

SCHEMES = {"http", "https"}
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class AddressRefused(Exception):
    """The address is inside our own network, or no address at all."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver said: its status, and the beginning of the body."""

    status: int
    body: str


def problem_with(url: str) -> str:
    """Why a URL cannot be a webhook's, in words; empty where it can. Where its name leads is not looked up."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is no address."
    if parts.scheme not in SCHEMES or not parts.hostname:
        return "The address begins with https:// or http://, and names a host."
    if parts.username is not None or parts.password is not None:
        return "The address has no user name or password in it: deliveries are signed instead."
    if port == 0 or parts.fragment:
        return "The address has neither port 0 nor a part behind #."
    return ""


def is_public(address: str) -> bool:
    """Whether an IP address is out in the world: not ours, not this machine's, and not one such in disguise."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    return all(each.is_global and not each.is_multicast for each in (ip, *_inside(ip)))


def _inside(ip: Address) -> list[Address]:
    """The IPv4 addresses that an IPv6 address may stand for."""
    if isinstance(ip, ipaddress.IPv4Address):
        return []
    teredo = ip.teredo or ()
    found = [ip.ipv4_mapped, ip.sixtofour, *teredo]
    if ip in NAT64:
        found.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    return [each for each in found if each is not None]


def post(
    url: str, *, body: bytes, headers: Mapping[str, str], seconds: float, allow_private: bool = False
) -> Answer:
    """Send a body, and give what the receiver says; `seconds` for all of it.

    Raises AddressRefused, httpcore2's TimeoutException, NetworkError and ProtocolError, and ssl.SSLError.
    """
    if problem := problem_with(url):
        raise AddressRefused(problem)
    deadline = time.monotonic() + seconds
    timeout = {"connect": seconds, "read": seconds, "write": seconds, "pool": seconds}
    with (
        httpcore2.ConnectionPool(
            network_backend=CheckedBackend(deadline=deadline, allow_private=allow_private),
            ssl_context=ssl.create_default_context(),
        ) as pool,
        pool.stream(
            "POST",
            url,
            headers=[("Host", urlsplit(url).netloc), ("Connection", "close"), *headers.items()],
            content=body,
            extensions={"timeout": timeout},
        ) as response,
    ):
        return Answer(response.status, _beginning(response.iter_stream()))


def _beginning(chunks: Iterable[bytes]) -> str:
    """The first bytes of a body as text; the rest is not read, however long it is."""
    read = b""
    for chunk in chunks:
        read += chunk
        if len(read) >= BODY_LENGTH:
            break
    return read[:BODY_LENGTH].decode(errors="replace").replace("\0", "�")


class CheckedBackend(httpcore2.NetworkBackend):
    """Connects to public addresses only, and to nothing for longer than until the deadline (time.monotonic)."""

    def __init__(self, *, deadline: float, allow_private: bool) -> None:
        self._deadline = deadline
        self._allow_private = allow_private
        self._backend = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore2.NetworkStream:
        failure: Exception = httpcore2.ConnectError(f"{host} has no address.")
        for address in self._addresses(host, port):
            try:
                stream = self._backend.connect_tcp(
                    address, port, _left(self._deadline, timeout), local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error  # the next address may answer
            else:
                return _DeadlineStream(stream, self._deadline)
        raise failure

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore2.NetworkStream:
        raise AddressRefused("A webhook is not on this machine.")

    def _addresses(self, host: str, port: int) -> list[str]:
        """The IP addresses of a host. One private address among them refuses all: nobody has such a name honestly."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"The name {host} is not known: {error}") from error
        addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
        if not self._allow_private and not all(map(is_public, addresses)):
            raise AddressRefused(
                f"{host} leads into a private network, which webhooks may not reach unless "
                "the site is started with PERG_WEBHOOK_PRIVATE_ADDRESSES=1."
            )
        return addresses


class _DeadlineStream(httpcore2.NetworkStream):
    """A connection whose every step ends by one deadline: a receiver that dribbles does not hold a worker."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline, timeout))
        return _DeadlineStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _left(deadline: float, timeout: float | None) -> float:
    """How long a step may still take. Raises ReadTimeout where no time is left."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("The receiver took too long.")
    return left if timeout is None else min(left, timeout)
