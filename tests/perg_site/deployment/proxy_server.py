"""The proxy of docker-compose.yml, started from the nginx of this machine with the repository's own configuration."""

import http.client
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.live import wait_until

TEMPLATE = Path(__file__).resolve().parents[3] / "perg_site/deployment/nginx.conf.template"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


@dataclass(frozen=True)
class Proxy:
    port: int
    log: Path
    cache: Path

    def get(self, path: str, **headers: str) -> int:
        """The status that the proxy answers with."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with closing(connection):
            connection.request("GET", path, headers={"Host": "localhost", **headers})
            return connection.getresponse().status

    def open(self, beginning: bytes) -> socket.socket:
        """A connection that has sent no more than the beginning of a request."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        connection.sendall(beginning)
        return connection

    def bytes_on_disk(self) -> int:
        return sum(file.stat().st_size for file in self.cache.rglob("*") if file.is_file())


@contextmanager
def running_proxy(folder: Path, *, upstream: str, upload: str = "513m") -> Iterator[Proxy]:
    assert NGINX is not None
    port = free_port()
    cache, log = folder / "cache", folder / "nginx.log"
    for name in ("cache", "run", "extra"):
        (folder / name).mkdir()
    variables = {
        "PERG_PROXY_CACHE": str(cache),
        "PERG_PROXY_EXTRA": str(folder / "extra"),
        "PERG_PROXY_LISTEN": f"127.0.0.1:{port}",
        "PERG_PROXY_RUN": str(folder / "run"),
        "PERG_PROXY_SCHEME": "",
        "PERG_PROXY_UPLOAD": upload,
        "PERG_UPSTREAM": upstream,
    }
    configuration = re.sub(r"\$\{(PERG_\w+)\}", lambda match: variables[match[1]], TEMPLATE.read_text())
    (folder / "nginx.conf").write_text(configuration)
    # Started by root, nginx would work as another user, who may not enter the tests' folder.
    user = ["-g", "user root;"] if os.geteuid() == 0 else []
    with log.open("wb") as output:
        process = subprocess.Popen(
            [NGINX, "-c", str(folder / "nginx.conf"), *user], stdout=output, stderr=output
        )
    try:
        wait_until(lambda: process.poll() is not None or _listens(port))
        assert process.poll() is None, log.read_text()
        yield Proxy(port, log, cache)
    finally:
        process.terminate()
        process.wait(timeout=600)


@contextmanager
def slow_connections(proxy: Proxy, beginning: bytes, *, count: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [stack.enter_context(proxy.open(beginning)) for _ in range(count)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
