"""A server that answers each request as that request's number in a list says, over real sockets."""

import contextlib
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MARK = re.compile(rb"answer (\d+)")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; `body` is bytes, or what JSON is made of."""

    body: object
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class OddServer:
    """`calls` counts requests by the number of the answer that they asked for."""

    url: str
    calls: Counter[int] = field(default_factory=Counter)


@contextlib.contextmanager
def odd_server(answers: Sequence[Answer]) -> Iterator[OddServer]:
    """Serves `answers[n]` to every request that holds the words "answer n"."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            asked = MARK.search(self.rfile.read(int(self.headers["Content-Length"])))
            assert asked is not None
            number = int(asked[1])
            server.calls[number] += 1
            answer = answers[number]
            self.send_response(answer.status)
            for name, value in ({"Content-Type": "application/json"} | answer.headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

    class Listener(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 512  # 5 by default: on a loaded machine connections would not be made in time

    listener = Listener(("127.0.0.1", 0), Handler)
    server = OddServer(f"http://127.0.0.1:{listener.server_port}")
    threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
