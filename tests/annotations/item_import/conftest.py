"""The person who imports tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

if TYPE_CHECKING:  # pytest loads this file before Django is set up
    from core.models import User


@pytest.fixture
def staff() -> User:
    from tests import build

    return build.person("staff", staff=True)


@pytest.fixture
def client(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client
