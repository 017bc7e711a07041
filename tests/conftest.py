"""The tests' own data folder and, in it, a real PostgreSQL and a real Redis for the whole session."""

import fcntl
import gc
import itertools
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import psycopg
import pytest
import redis

from perg_site import embedded
from perg_site.embedded import postgres, try_lock
from perg_site.embedded.service import socket_folder
from tests.sizes import IS_FULL, turn

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoDbBlocker


def own_home() -> tuple[Path, BinaryIO]:
    """`PERG_HOME` or `.perg-test`; a folder in it while another session of tests is under way there."""
    base = Path(
        os.environ.get("PERG_HOME") or Path(__file__).resolve().parent.parent / ".perg-test"
    ).resolve()
    for number in itertools.count():
        folder = base / f"session-{number}" if number else base
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if lock := try_lock(folder / "tests.lock", fcntl.LOCK_EX):
            return folder, lock
    raise AssertionError


# Some machines ask Python not to cache what it compiles: each process of tests, and each that a test starts, would
# compile all tests and all of the source again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# numpy's and scikit-learn's own threads only get in each other's way: there is a process of tests for each core.
for _threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

# Before anything reads the settings: pytest-django does so after it has loaded this file, because
# pyproject.toml does not name them.
_home, _lock = own_home()
os.environ["PERG_HOME"] = str(_home)
embedded.open_home()
os.environ.setdefault("PERG_PLAIN_STATIC", "1")
for _rate in ("PERG_API_RATE", "PERG_API_RATE_LABELLING", "PERG_API_RATE_ANONYMOUS"):
    os.environ.setdefault(_rate, "1000000/day")
# What an operator would list for the keys that tests set: the stub on this machine, and the providers' own hosts.
_TEST_KEYS = (
    "STUB_KEY",
    "TEST_KEY",
    "CONSOLE_TEST_KEY",
    "LAUNCH_PAGES_TEST_KEY",
    "LAUNCH_PARAMETERS_TEST_KEY",
    "USAGE_TEST_KEY",
    "TOP_KEY",
    "NO_SUCH_KEY",
    "NO_SUCH_KEY_HERE",
    "K",
)
_TEST_HOSTS = ("127.0.0.1", "localhost", "api.openai.com", "api.anthropic.com", "llm.example.org")
os.environ["ENDPOINT_KEYS"] = ",".join(f"{key}@{host}" for key in _TEST_KEYS for host in _TEST_HOSTS)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perg_site.settings")

_SERVER: dict[str, object] = {
    "host": str(socket_folder(_home)),
    "port": postgres.PORT,
    "user": postgres.SUPERUSER,
}
_services = pytest.StashKey[object]()


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    from core.redis import cache as redis_cache

    redis_cache.CONNECT_SECONDS = redis_cache.ANSWER_SECONDS = 30.0  # a machine under load is no outage
    # The slow one is the first: new passwords are hashed with it.
    settings.PASSWORD_HASHERS = ["tests.quick_passwords.QuickHasher", *settings.PASSWORD_HASHERS[1:]]
    gc.disable()  # until all tests are collected
    # Reading them now makes pytest-django set Django up before tests are collected.
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # whitenoise warns of one that is missing


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more process than cores: some tests wait for the processes that they start."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """The processes that this one hands tests to begin as it did: with settings not read before their own home."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_sessionstart(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput") or not session.config.getoption("numprocesses", None):
        _start_services(session)  # not in the process that only hands tests out to others


def _start_services(session: pytest.Session) -> None:
    try:
        session.config.stash[_services] = embedded.ensure_running()
    except embedded.ServiceDidNotStart as error:
        pytest.exit(str(error), returncode=1)
    if "DATABASE_URL" not in os.environ:
        _wait_for_no_disk()
    if "REDIS_URL" not in os.environ:
        # Rows get the numbers that an earlier session's had, about which Redis may still know something.
        with redis.Redis.from_url(embedded.redis_url(_home)) as client:
            client.flushall()


def _wait_for_no_disk() -> None:
    """Commits of the tests' own PostgreSQL need not survive a power cut, which is what they would wait for."""
    with psycopg.connect(**_SERVER, autocommit=True) as connection:  # type: ignore[arg-type]
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("ALTER SYSTEM SET max_wal_size = '4GB'")
        connection.execute("SELECT pg_reload_conf()")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Some cases of the tests with very many; slow tests first, so that no process has one left in the end."""
    if not IS_FULL:
        left_out = cases_left_out(item for item in items if item.nodeid not in config.args)
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def cases_left_out(items: Iterable[pytest.Item]) -> set[pytest.Item]:
    """Of each test marked `one_in(number)`, the cases that only the full size has."""
    cases: dict[str, list[pytest.Item]] = {}
    numbers: dict[str, int] = {}
    for item in items:
        if marker := item.get_closest_marker("one_in"):
            test = item.nodeid.partition("[")[0]
            cases.setdefault(test, []).append(item)
            numbers[test] = marker.args[0]
    return {item for test, all_of_it in cases.items() for item in all_of_it} - {
        item for test, all_of_it in cases.items() for item in turn(all_of_it, 0, numbers[test])
    }


def pytest_collection_finish() -> None:
    """What is loaded by now lives to the end: no collection of garbage needs to look at it again."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    services = config.stash.get(_services, None)
    if isinstance(services, embedded.Services):
        services.release()
    _lock.close()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: "DjangoDbBlocker"
) -> None:
    """The test database is a copy of one that is migrated already, where the server is our own."""
    from django.conf import settings

    from tests.migrated_database import migrated_database

    if "DATABASE_URL" not in os.environ:
        with django_db_blocker.unblock():
            settings.DATABASES["default"]["TEST"]["TEMPLATE"] = migrated_database(_SERVER)


@pytest.fixture
def staff() -> "Client":
    """The browser of an admin."""
    from django.test import Client  # only now that Django is set up

    from tests import build

    client = Client()
    client.force_login(build.person("staff", staff=True))
    return client
