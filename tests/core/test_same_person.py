"""A page that names its person is refused when somebody else has logged in in the same browser."""

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import ScreenSettings
from core.models import User
from tests import build

pytestmark = pytest.mark.django_db


def _put(client: Client, person: User | None) -> int:
    headers = {"X-Person": str(person.pk)} if person else {}
    return client.put(
        reverse("api_screen_settings"), {"keys": {"skip": "x"}}, "application/json", headers=headers
    ).status_code


def test_another_persons_page_is_refused_before_anything_is_done() -> None:
    ann, bob, client = build.person("ann"), build.person("bob"), Client()
    client.force_login(bob)
    assert _put(client, ann) == 409
    assert not ScreenSettings.objects.exists()


def test_ones_own_page_and_one_that_names_nobody_pass() -> None:
    ann, client = build.person("ann"), Client()
    client.force_login(ann)
    assert _put(client, ann) == 200
    assert _put(client, None) == 200


def test_nobody_is_told_to_log_in_whoever_they_name() -> None:
    assert _put(Client(), build.person("ann")) == 401
