"""What tests of the site share: a data folder, a port, and the world of the access matrix, built once a module."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django import DjangoDbBlocker

from perg_site.embedded.postgres import PostgreSQL
from perg_site.embedded.redis import Redis

if TYPE_CHECKING:  # pytest loads this file before Django is set up
    from tests.perg_site.access_world import World


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


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> "Iterator[World]":
    """The world of the access matrix, built once for all tests of a module; see `built_once`."""
    from tests.perg_site.access_world import build_world
    from tests.shared_world import built_once

    with built_once(django_db_blocker, build_world) as world:
        yield world
