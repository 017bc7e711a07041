"""Redis is dead: every route still answers, soon enough, and passwords cannot be guessed without end."""

import pickle
import socket
import time
from collections.abc import Iterator

import pytest
from celery import Celery
from django.core.cache import cache, caches
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, TestCase
from django.urls import reverse
from pytest_django import Settings

from core.jobs import wake
from core.redis import cache as redis_cache
from core.redis import outages
from core.redis.outages import outage_of, redis_is_away
from core.users.login.backend import BY_NAME
from tests import build
from tests.perg_site.access_matrix import COLUMNS, MATRIX
from tests.perg_site.access_requests import POSTED
from tests.perg_site.access_world import World, build_world
from tests.sizes import ROUTES_WITHOUT_REDIS_ONE_IN, turn

pytestmark = pytest.mark.django_db

LONGEST_SECONDS = 10.0
CACHED = {
    "home",
    "batch_costs",
    "results_costs",
    "run_costs",
    "endpoint_detail",
    "endpoint_health",
    "results_compare",
}


@pytest.fixture(params=["refuses", "never answers"])
def dead_redis(
    request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Cache, limiter and broker lead to a server that is not there, or that takes calls and says nothing."""
    for limit in ("CONNECT_SECONDS", "ANSWER_SECONDS"):
        monkeypatch.setattr(redis_cache, limit, 2.0)  # as on a site; tests have more patience
    with socket.create_server(("127.0.0.1", 0), backlog=256) as silent:
        address = "redis://127.0.0.1:9/0"
        if request.param == "never answers":
            address = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        settings.REDIS_URL = address
        settings.CACHES = {
            alias: backend | ({"LOCATION": address} if "LOCATION" in backend else {})
            for alias, backend in settings.CACHES.items()
        }
        broker = Celery("dead", set_as_current=False)
        broker.config_from_object("django.conf:settings", namespace="CELERY")
        broker.conf.update(broker_url=address)
        monkeypatch.setattr(wake, "current_app", broker)
        outage_of(address).end()
        caches["process"].clear()
        yield address


def _answer(world: World, route: str, who: str) -> HttpResponse:
    client = world.client(who, raise_request_exception=False)
    method = MATRIX[route][0]
    is_json = route.startswith("api_") and method != "get"
    form = {"content_type": "application/json"} if is_json else {}
    with transaction.atomic():
        with TestCase.captureOnCommitCallbacks(execute=True):
            response: HttpResponse = getattr(client, method)(
                world.address(route), POSTED.get(route, {}), **form
            )
            if response.streaming:
                list(response)
        transaction.set_rollback(True)
    return response


def _allowed(route: str) -> str:
    """Somebody whom the matrix lets do it."""
    statuses = dict(zip(COLUMNS, MATRIX[route][1:], strict=True))
    people = ("staff", "lead", "annotator", "nobody")
    return next((who for who in people if int(statuses[who]) < 400), "staff")


@pytest.mark.parametrize("dead_redis", ["refuses", "never answers"], indirect=True)
@pytest.mark.slow
def test_every_route_answers_soon_without_redis(dead_redis: str, request: pytest.FixtureRequest) -> None:
    world = build_world()
    failed, slow = {}, {}
    refuses = "refuses" in request.node.name
    routes = turn(list(MATRIX), 0, ROUTES_WITHOUT_REDIS_ONE_IN)
    for route in sorted({*routes, *CACHED}):
        if (
            not refuses and MATRIX[route][0] == "get" and route not in CACHED
        ):  # waiting for silence takes long
            continue
        for _ in range(3):  # what another program of a busy machine may hold up once, it does not three times
            if refuses:  # each route meets the dead server for the first time
                outage_of(dead_redis).end()
            began = time.monotonic()
            status = _answer(world, route, _allowed(route)).status_code
            seconds = time.monotonic() - began
            if status >= 500 or seconds <= LONGEST_SECONDS:
                break
        if status >= 500:
            failed[route] = status
        if seconds > LONGEST_SECONDS:
            slow[route] = round(seconds, 1)
    assert (failed, slow) == ({}, {})


def test_a_broker_that_is_dead_is_waited_for_once(dead_redis: str) -> None:
    began = time.monotonic()
    for number in range(200):
        wake._send("evaluation.engine.tasks.advance_run", (number,))
    # Waiting for it each time would take ten minutes; to a busy machine once may seem much longer than it is.
    assert time.monotonic() - began < 10 * LONGEST_SECONDS
    assert redis_is_away()


def test_wrong_passwords_are_still_counted_without_redis(dead_redis: str) -> None:
    build.person("ann", password="correct horse battery")
    client = Client()

    def log_in(password: str) -> int:
        return client.post(reverse("login"), {"username": "ann", "password": password}).status_code

    assert log_in("correct horse battery") == 302
    client.logout()
    for _ in range(BY_NAME.limit):
        assert log_in("wrong") == 200
    assert log_in("correct horse battery") == 200, "it is not even looked at"


def test_an_annotator_can_label_without_redis(dead_redis: str) -> None:
    world = build_world()
    assert _answer(world, "api_submit", "annotator").status_code == 200


def test_the_cache_is_used_again_soon_after_redis_is_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = outage_of(settings.REDIS_URL)
    outage.begin(ConnectionError("for this test"))
    cache.set("a", 1)
    assert cache.get("a") is None
    monkeypatch.setattr(outages, "OUTAGE_SECONDS", 0.0)
    outage.begin(ConnectionError("for this test"))
    cache.set("a", 1)
    assert cache.get("a") == 1
    cache.delete("a")


def test_a_session_that_ends_during_an_outage_is_not_left_in_the_cache(settings: Settings) -> None:
    sessions = caches["sessions"]
    sessions.set("ended", {"a": 1})
    outage = outage_of(settings.REDIS_URL)
    outage.begin(ConnectionError("for this test"))
    sessions.delete("ended")
    outage.end()
    assert sessions.get("ended") is None


# JSON


@pytest.mark.parametrize("value", [0, 7, -1, True, None, 1.5, "7", "ä\u0000", [1, [2]], {"a": {"b": None}}])
def test_what_is_cached_comes_back_as_it_was(value: object) -> None:
    cache.set("value", value)
    stored = cache.get("value", "nothing")
    assert (stored, type(stored)) == (value, type(value))
    cache.delete("value")


class Trap:
    """What an attacker would put into the cache, were it pickles."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return pytest.fail, ("a value of the cache was run as a program",)


def test_a_pickle_in_the_cache_is_a_miss_and_is_never_loaded() -> None:
    backend = caches["default"]
    client = backend.client  # type: ignore[attr-defined]
    key = backend.make_and_validate_key("pickled")
    client.set(key, pickle.dumps(Trap()))
    assert cache.get("pickled", "a miss") == "a miss"
    assert cache.get_many(["pickled"]) == {}
    client.delete(key)
