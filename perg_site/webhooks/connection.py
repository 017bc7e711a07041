"""Sending a request to an address that a person has typed in, from inside our own network.

The name is looked up once, every address that it stands for is checked, and the connection goes to one that was
checked: a name that leads elsewhere a moment later (DNS rebinding) leads nowhere. Redirects are not followed, and no
proxy of the environment is used.
"""

import socket
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpcore2

from perg_site.models.webhook import BODY_LENGTH
from perg_site.webhooks.addresses import problem_with, refusal
from perg_site.webhooks.networks import is_allowed

AddressInfo = tuple[Any, ...]  # Any: as `socket.getaddrinfo` gives them
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class AddressRefused(Exception):
    """The address is inside our own network, or is not valid."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver said: its status, and the beginning of the body."""

    status: int
    body: str


def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    seconds: float,
    networks: Sequence[str] = (),
) -> Answer:
    """Send a body, and give what the receiver says; `seconds` for all of it.

    `networks` are allowed besides public addresses.
    Raises AddressRefused, httpcore2's TimeoutException, NetworkError and ProtocolError, and ssl.SSLError.
    """
    if problem := problem_with(url, networks=networks):
        raise AddressRefused(problem)
    deadline = time.monotonic() + seconds
    timeout = {"connect": seconds, "read": seconds, "write": seconds, "pool": seconds}
    with (
        httpcore2.ConnectionPool(
            network_backend=CheckedBackend(deadline=deadline, networks=networks),
            ssl_context=ssl.create_default_context(),
        ) as pool,
        pool.stream(
            "POST",
            urlsplit(url).geturl(),  # its scheme in small letters
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
    """Connects to allowed addresses only, and to nothing for longer than until the deadline (time.monotonic)."""

    def __init__(self, *, deadline: float, networks: Sequence[str]) -> None:
        self._deadline = deadline
        self._networks = networks
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
        """The IP addresses of a host. One that is not allowed refuses all: nobody has such a name honestly."""
        answers = _looked_up(host, port, _left(self._deadline, None))
        addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in answers))
        if not all(is_allowed(address, self._networks) for address in addresses):
            raise AddressRefused(refusal(host))
        return addresses


def _looked_up(host: str, port: int, seconds: float) -> list[AddressInfo]:
    """What the DNS says, in a thread: the system's own resolver takes as long as it likes."""
    resolver = ThreadPoolExecutor(max_workers=1)
    try:
        return resolver.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM).result(seconds)
    except FutureTimeout as error:
        raise httpcore2.ConnectTimeout(f"The name {host} was not looked up in time.") from error
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError(f"The name {host} is not known: {error}") from error
    finally:
        resolver.shutdown(wait=False)


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
