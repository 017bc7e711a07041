"""What the tests of webhooks share: a receiver that runs, an admin, and that this machine may be a receiver."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings

from tests.perg_site.webhooks.receiver import Receiver, receiving

if TYPE_CHECKING:
    from core.models import User


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as started:
        yield started


@pytest.fixture(autouse=True)
def _private_addresses(settings: Settings) -> None:
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    settings.WEBHOOK_SECONDS = 60.0


@pytest.fixture
def admin() -> "User":
    from tests import build  # only now: a conftest is read before Django is set up

    return build.person("admin", staff=True)
