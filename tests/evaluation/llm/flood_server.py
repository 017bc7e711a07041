"""A server that writes an answer over a bare socket, as much of it as the client takes."""

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
MEBIBYTE = 2**20


@dataclass
class FloodServer:
    """`sent` counts the bytes that the clients' machines took; `calls` the requests."""

    url: str
    sent: int = 0
    calls: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


Send = Callable[[bytes], None]


@contextlib.contextmanager
def flood_server(answer: Callable[[Send], None]) -> Iterator[FloodServer]:
    """Answers every request with what `answer` sends, until it returns or the client has gone; then hangs up."""

    def handle(client: socket.socket) -> None:
        def send(content: bytes) -> None:
            client.sendall(content)
            with server.lock:
                server.sent += len(content)

        with client, contextlib.suppress(OSError):
            _read_request(client)
            with server.lock:
                server.calls += 1
            answer(send)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=handle, args=(client,), daemon=True).start()

    listener = socket.create_server(("127.0.0.1", 0))
    server = FloodServer(f"http://127.0.0.1:{listener.getsockname()[1]}")
    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _read_request(client: socket.socket) -> None:
    head, body = b"", b""
    while not body and b"\r\n\r\n" not in head:
        head += client.recv(65536)
    head, _, body = head.partition(b"\r\n\r\n")
    length = LENGTH.search(head)
    while length and len(body) < int(length[1]):
        body += client.recv(65536)


def head(status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()
