"""A data folder and a port of a test's own, for tests that start the site."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from perg_site.embedded.postgres import PostgreSQL
from perg_site.embedded.redis import Redis


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "home"
    yield folder
    for service in (PostgreSQL(folder), Redis(folder)):
        if folder.exists():
            service.stop()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
