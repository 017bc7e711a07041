"""What tests of the site share: a data folder, a port, and the world of the access matrix, built once a module."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
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
    """The world of the access matrix, built once for all tests of a module.

    It lies in a transaction around them: what a test changes in the database is undone after the test, and the world
    after the last one. Tests that use it need the database, and none of the module may commit.
    """
    from django.db import transaction

    from tests.perg_site.access_world import build_world

    with ExitStack() as around:
        with django_db_blocker.unblock():
            around.enter_context(transaction.atomic())
            built = build_world()
        yield built
        with django_db_blocker.unblock():
            transaction.set_rollback(True)
            around.close()
