"""The web server's worker, for gunicorn's `--worker-class`: a slow client holds a thread for a limited time only.

gunicorn's own waits for the header and the body of a request as long as the client likes. The proxy of
docker-compose.yml takes that off it; this is for a server without one, such as `make run`.
"""

import contextlib
import socket
import struct
import threading
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

HEADER_SECONDS = 10.0
BODY_SECONDS = 20.0
SLOWEST_UPLOAD = 50_000
"""Bytes a second, on top of BODY_SECONDS."""
SEND_SECONDS = 30
"""So long a client may take in nothing of an answer."""
CHECK_SECONDS = 0.5


class Deadlines:
    """Ends the reading of what has not come in time. What is being sent to the client goes on."""

    def __init__(self) -> None:
        self._deadlines: dict[socket.socket, float] = {}
        self._lock = threading.Lock()

    def set(self, connection: socket.socket, seconds: float) -> None:
        with self._lock:
            self._deadlines[connection] = time.monotonic() + seconds

    def clear(self, connection: socket.socket) -> None:
        with self._lock:
            self._deadlines.pop(connection, None)

    def enforce(self) -> None:
        # Under the lock, so that no connection is closed, and its number given to another one, meanwhile.
        with self._lock:
            now = time.monotonic()
            late = [connection for connection, deadline in self._deadlines.items() if deadline <= now]
            for connection in late:
                del self._deadlines[connection]
                with contextlib.suppress(OSError):  # the client is gone
                    connection.shutdown(socket.SHUT_RD)

    def enforce_forever(self) -> None:
        while True:
            time.sleep(CHECK_SECONDS)
            self.enforce()


class DeadlineWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's threaded worker, with deadlines for reading and sending."""

    # Any: gunicorn's own connections and requests

    def init_process(self) -> None:
        self._deadlines = Deadlines()
        threading.Thread(target=self._deadlines.enforce_forever, daemon=True).start()
        super().init_process()

    def handle(self, conn: Any) -> Any:
        connection = conn.sock
        with contextlib.suppress(OSError):  # the client is gone
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_SECONDS, 0))
        self._deadlines.set(connection, HEADER_SECONDS)
        try:
            return super().handle(conn)
        finally:
            self._deadlines.clear(connection)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """The header is there; what is still read is the body."""
        length = next((value for name, value in req.headers if name == "CONTENT-LENGTH"), "0")
        self._deadlines.set(conn.sock, BODY_SECONDS + int(length) / SLOWEST_UPLOAD)
        return super().handle_request(req, conn)
