"""The tests' own data folder and, in it, a real PostgreSQL and a real Redis for the whole session."""

import os
from pathlib import Path

import pytest

# Before anything reads the settings: pytest-django does so after it has loaded this file, because
# pyproject.toml does not name them.
os.environ.setdefault("PERG_HOME", str(Path(__file__).resolve().parent.parent / ".perg-test"))
os.environ.setdefault("PERG_PLAIN_STATIC", "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perg_site.settings")

_services = pytest.StashKey[object]()


def pytest_sessionstart(session: pytest.Session) -> None:
    from perg_site import embedded

    try:
        session.config.stash[_services] = embedded.ensure_running()
    except embedded.ServiceDidNotStart as error:
        pytest.exit(str(error), returncode=1)


def pytest_unconfigure(config: pytest.Config) -> None:
    from perg_site import embedded

    services = config.stash.get(_services, None)
    if isinstance(services, embedded.Services):
        services.release()
