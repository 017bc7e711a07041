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
# Bookkeeping about the visit itself, which nobody asked for and which the same visit again leaves as it is.
BOOKKEEPING = {"core_session": "when a session was last used", "core_apitoken": "when a token was last used"}
# Routes that hand out work: who opens them gets a task, the same one until it is done.
HAND_OUT: dict[str, str] = {}


@pytest.mark.parametrize("route", GETS)
def test_a_get_writes_nothing(world: World, route: str) -> None:
    client = Client()
    client.force_login(world.people[_who_may(route)])
    address = world.address(route)
    with transaction.atomic(), CaptureQueriesContext(connection, ) as queries:
        response = client.get(address)
        if response.streaming:
            list(response)
        transaction.set_rollback(True)
    tables = {table for query in queries for table in WRITE.findall(query["sql"])}
    assert tables - set(BOOKKEEPING) == set() or route in HAND_OUT, [
        query["sql"] for query in queries if WRITE.search(query["sql"])
    ]


def _who_may(route: str) -> str:
    """An admin, or the first who may see what an admin may not."""
    statuses = dict(zip(COLUMNS, MATRIX[route][1:], strict=True))
    people = {"staff": "staff", "lead": "lead", "annotator": "annotator", "outsider": "lead elsewhere"}
    for column, person in people.items():
        if EXCEPTIONS.get((route, person), statuses[column]) < 400:
            return person
    return "staff"
