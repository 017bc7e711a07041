"""No query of an address is an error of the server's: it is understood, ignored or refused in words."""

import logging
import re
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import transaction
from pytest_django import Settings

from perg_site.api.views import document
from tests.perg_site.access_matrix import MATRIX
from tests.perg_site.access_requests import POSTED
from tests.perg_site.access_world import World
from tests.perg_site.hostile_values import HOSTILE, PARTS, WORST, RecordingQuery, hostile_queries
from tests.sizes import HOSTILE_VALUES_ONE_IN, turn

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

READ = [route for route, (method, *_) in MATRIX.items() if method == "get"]
PAGES = [route for route in READ if not route.startswith("api_")]
REST = [route for route in READ if route.startswith("api_") and route not in {"api_schema", "api_docs"}]
FORMS = [route for route in MATRIX if not route.startswith("api_")]
WHO = ("staff", "lead", "annotator")
Form = dict[str, Any]  # Any: a value, or several
NUMBER = re.compile(r"(?<=/)\d+(?=/|$)")


class Visitor:
    """Asks addresses as everybody in turn, and notes which of them were an error of the server's."""

    def __init__(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        self.clients = {who: world.client(who, raise_request_exception=False) for who in WHO}
        self.caplog = caplog
        self.failures: list[str] = []

    def ask(self, who: str, address: str, form: Form | None = None) -> int:
        self.caplog.clear()
        client = self.clients[who]
        with transaction.atomic():
            response: Any = client.get(address) if form is None else client.post(address, form)
            if response.streaming:
                list(response)  # to its end, so that the file behind it is closed
            transaction.set_rollback(True)
        reached_database = any("database refused" in record.message for record in self.caplog.records)
        if response.status_code >= 500 or reached_database:
            sent = {name: str(value)[:40] for name, value in (form or {}).items()}
            self.failures.append(f"{who} {address[:150]}: {response.status_code} {sent or ''}")
        return int(response.status_code)


@pytest.fixture
def visitor(world: World, caplog: pytest.LogCaptureFixture) -> Visitor:
    caplog.set_level(logging.WARNING)
    return Visitor(world, caplog)


@pytest.fixture
def recorded(settings: Settings) -> set[str]:
    """The names of the parameters that are read."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.perg_site.hostile_values.RecordingMiddleware"]
    RecordingQuery.read = set()
    return RecordingQuery.read


def _names_read(visitor: Visitor, who: str, address: str, recorded: set[str]) -> set[str]:
    """The parameters of a page, those included that are only read beside others."""
    names: set[str] = set()
    while True:
        recorded.clear()
        visitor.ask(who, f"{address}?{'&'.join(f'{name}=1' for name in sorted(names))}")
        if recorded <= names:
            return names
        names |= recorded


def test_no_query_of_a_page_is_an_error_of_the_server(
    world: World, recorded: set[str], visitor: Visitor
) -> None:
    parameters = 0
    for place, route in enumerate(PAGES):
        address = world.address(route)
        who = next((who for who in WHO if visitor.ask(who, address) == 200), WHO[0])
        names = _names_read(visitor, who, address, recorded)
        parameters += len(names)
        for query in hostile_queries(names, place):
            visitor.ask(who, f"{address}?{query}")
    assert parameters > 60  # else they are not found any more
    assert not visitor.failures, "\n".join(visitor.failures)


def test_no_field_of_a_form_is_an_error_of_the_server(
    world: World, recorded: set[str], visitor: Visitor
) -> None:
    fields = 0
    for place, route in enumerate(FORMS):
        address = world.address(route)
        who = next((who for who in WHO if visitor.ask(who, address, {}) not in (403, 404, 405)), None)
        if who is None:
            continue
        recorded.clear()
        good: Form = POSTED.get(route, {"a field": "that no form has"})  # type: ignore[assignment] # an empty one is none
        visitor.ask(who, address, good)
        names = recorded - {"csrfmiddlewaretoken"}
        fields += len(names)
        for value in map(unquote, turn(HOSTILE, place, HOSTILE_VALUES_ONE_IN)):
            visitor.ask(who, address, {name: [value] for name in names})
        for field, name in enumerate(sorted(names), start=place):
            for value in map(unquote, turn(WORST, field, HOSTILE_VALUES_ONE_IN)):
                visitor.ask(who, address, {**good, name: [value, value]})
    assert fields > 120  # else they are not found any more
    assert not visitor.failures, "\n".join(visitor.failures)


def test_no_query_of_the_api_is_an_error_of_the_server(world: World, visitor: Visitor) -> None:
    declared = {
        path: {each["name"] for each in operations["get"].get("parameters", ()) if each["in"] == "query"}
        for path, operations in document()["paths"].items()
        if "get" in operations
    }
    for place, route in enumerate(REST):
        address = world.address(route)
        pattern = next((path for path in declared if _is_at(path, address)), None)
        if pattern is None:
            continue  # asked by the proxy alone: no part of the documented API
        who = next((who for who in WHO if visitor.ask(who, address) < 400), WHO[0])
        for query in hostile_queries(declared[pattern], place):
            visitor.ask(who, f"{address}?{query}")
    assert not visitor.failures, "\n".join(visitor.failures)


def _is_at(path: str, address: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), address) is not None


def test_no_part_of_a_path_is_an_error_of_the_server(world: World, visitor: Visitor) -> None:
    for place, route in enumerate(READ):
        address = world.address(route)
        numbers = [part.span() for part in NUMBER.finditer(address)]
        for value in turn(PARTS, place, HOSTILE_VALUES_ONE_IN):
            for begin, end in numbers:
                visitor.ask("staff", f"{address[:begin]}{value}{address[end:]}")
            if not numbers:
                visitor.ask("staff", f"{address.rstrip('/')}{value}/")
    assert not visitor.failures, "\n".join(visitor.failures)
