"""A client of a scripted platform, which does not really wait between its attempts."""

from collections.abc import Iterator

import pytest

from perg.client import Client
from tests.perg.client.scripted_platform import Platform, scripted_platform


@pytest.fixture
def platform() -> Iterator[Platform]:
    with scripted_platform() as started:
        yield started


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was waited between attempts, without waiting."""
    waited: list[float] = []
    monkeypatch.setattr("perg.client.transport.time.sleep", waited.append)
    return waited


@pytest.fixture
def perg(platform: Platform, waits: list[float]) -> Iterator[Client]:
    with Client(platform.address, token="perg_secret", retries=3, poll_seconds=0.01) as client:
        yield client
