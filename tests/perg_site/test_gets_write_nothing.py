"""No GET writes: what a page needs is there before it is asked for."""

import re

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.perg_site.access_matrix import COLUMNS, EXCEPTIONS, MATRIX
from tests.perg_site.access_world import World

pytestmark = pytest.mark.django_db

GETS = [route for route, (method, *_) in MATRIX.items() if method == "get"]
WRITE = re.compile(r'(?:INSERT INTO|DELETE FROM|(?<!FOR )(?<!KEY )UPDATE) (?:ONLY )?"?(\w+)"?', re.IGNORECASE)
# Written about the visit itself, whatever it is to: that it was refused, when a session was last used.
BOOKKEEPING = {"core_auditevent": "refusals", "core_session": "last use"}
# Routes that hand out work: who opens them holds a task from then on, the same one until it is done.
HANDS_OUT = {"label_next"}


@pytest.mark.parametrize("route", GETS)
@pytest.mark.one_in(3)
def test_a_get_writes_nothing(world: World, route: str) -> None:
    client = Client()
    client.force_login(world.people[_who_may(route)])
    address = world.address(route)
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        response = client.get(address)
        if response.streaming:
            list(response)
        transaction.set_rollback(True)
    allowed = {"core_session"} if response.status_code < 400 else set(BOOKKEEPING)
    writes = [
        query["sql"]
        for query in queries
        if set(WRITE.findall(query["sql"] or "")) - allowed  # none: of a COPY
    ]
    assert not writes or route in HANDS_OUT


@pytest.mark.parametrize("route", [route for route in MATRIX if route.startswith("api_")])
@pytest.mark.one_in(5)
def test_every_rest_route_says_what_it_takes(world: World, route: str) -> None:
    client = Client()
    client.force_login(world.people["staff"])
    with transaction.atomic():
        assert client.options(world.address(route)).status_code < 500
        transaction.set_rollback(True)


def _who_may(route: str) -> str:
    """An admin, or the first who may see what an admin may not."""
    statuses = dict(zip(COLUMNS, MATRIX[route][1:], strict=True))
    people = {"staff": "staff", "lead": "lead", "annotator": "annotator", "outsider": "lead elsewhere"}
    for column, person in people.items():
        if EXCEPTIONS.get((route, person), statuses[column]) < 400:
            return person
    return "staff"
