"""Sessions: read from the cache, kept in the database, and none lost with Redis."""

import pytest
from django.conf import settings as site_settings
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from core.models import Session, User
from core.redis.session_cache import LONGEST_SECONDS, SessionCache
from tests import build

pytestmark = pytest.mark.django_db

NOBODY_LISTENS = "redis://127.0.0.1:9/0"


def _client(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_session_is_read_from_the_cache_for_a_while_and_kept_in_the_database() -> None:
    client = _client(build.person())
    assert Session.objects.count() == 1
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/").status_code == 200
    assert not any("core_session" in query["sql"] for query in queries.captured_queries)
    key = client.cookies[site_settings.SESSION_COOKIE_NAME].value
    cache = caches["sessions"]
    assert isinstance(cache, SessionCache)
    stored = cache.make_and_validate_key(f"perg_site.session:{key}")
    assert 0 < cache.client.ttl(stored) <= LONGEST_SECONDS


def test_without_redis_people_stay_logged_in_and_can_log_in_and_out(settings: Settings) -> None:
    stays = _client(build.person())
    nowhere = {"LOCATION": NOBODY_LISTENS}
    settings.CACHES = settings.CACHES | {"sessions": settings.CACHES["sessions"] | nowhere}
    assert stays.get("/").status_code == 200
    comes = _client(build.person())
    assert comes.get("/").status_code == 200
    assert comes.post("/logout/").status_code == 302
    assert comes.get("/").status_code == 302


def test_who_logged_out_is_out_at_once() -> None:
    client = _client(build.person())
    cookie = client.cookies[site_settings.SESSION_COOKIE_NAME].value
    client.get("/")
    client.post("/logout/")
    client.cookies[site_settings.SESSION_COOKIE_NAME] = cookie
    assert client.get("/").status_code == 302
