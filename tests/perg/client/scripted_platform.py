"""The platform as a script of answers, served by a real server."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Answer:
    """`cut`: the connection is closed after so many bytes of the body; `drop`: before anything is said."""

    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    drop: bool = False


@dataclass
class Platform:
    """Answers by path: a list is worked through, and its last answer is repeated; a function is called."""

    address: str = ""
    answers: dict[str, list[Answer] | Callable[[Asked], Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def to(self, path: str, *answers: Answer) -> None:
        self.answers[path] = list(answers)

    def next_answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        found = self.answers.get(asked.path.partition("?")[0].removeprefix("/api/v1/"))
        if found is None:
            return Answer(404, {"code": "not_found", "detail": "There is nothing here."})
        if callable(found):
            return found(asked)
        return found.pop(0) if len(found) > 1 else found[0]


@contextmanager
def scripted_platform() -> Iterator[Platform]:
    platform = Platform()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = self.rfile.read(length)
            is_json = self.headers.get("Content-Type", "") == "application/json"
            body = json.loads(sent) if sent and is_json else sent or None
            answer = platform.next_answer(Asked(self.command, self.path, dict(self.headers), body))
            if answer.drop:
                self.close_connection = True
                return
            sent = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent if answer.cut is None else sent[: answer.cut])
            if answer.cut is not None:
                self.close_connection = True

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    platform.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run_at(status: str = "complete", **more: object) -> dict[str, object]:
    return {
        "id": 1,
        "name": "a run",
        "batch": None,
        "model": "m",
        "method": "direct",
        "setting": "relevant",
        "dataset": "d",
        "status": status,
        "spent": "0.5",
        "calls": 3,
        "created_at": "2026-01-01T00:00:00Z",
        "finished_at": None,
        "a_field_of_later": True,
    } | more


def progress_at(status: str, done: int, failed: int = 0) -> Answer:
    at = {"items": 10, "done": done, "failed": failed, "calls_per_second": 1.0, "seconds_left": None}
    return Answer(200, {"run": run_at(status), "progress": at})
