"""Every route answers everybody as the access matrix says."""

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from core.models import User
from tests.perg_site.access_matrix import COLUMNS, EXCEPTIONS, MATRIX, PEOPLE
from tests.perg_site.access_requests import POSTED
from tests.perg_site.access_world import World
from tests.sizes import PEOPLE_ONE_IN, turn

pytestmark = pytest.mark.django_db


def _named_routes(patterns: list[URLPattern | URLResolver]) -> set[str]:
    names: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                names |= _named_routes(pattern.url_patterns)
        elif pattern.name:
            names.add(pattern.name)
    return names


def test_every_route_has_a_row() -> None:
    assert _named_routes(get_resolver().url_patterns) == set(MATRIX)


@pytest.mark.parametrize("route", MATRIX)
def test_route_answers_as_the_matrix_says(world: World, route: str) -> None:
    _, *statuses = MATRIX[route]
    column = dict(zip(COLUMNS, statuses, strict=True))
    everybody = [who for who in PEOPLE if who != "nobody"]
    asking = ["nobody", *turn(everybody, list(MATRIX).index(route), PEOPLE_ONE_IN)]
    expected = {who: EXCEPTIONS.get((route, who), column[PEOPLE[who]]) for who in asking}
    address = world.address(route)
    answers = {who: _answer(world.client(who), route, address) for who in asking}
    assert {who: answer.status_code for who, answer in answers.items()} == expected
    if column["nobody"] == 302 and route != "logout":
        for who in {"nobody", "deactivated"} & set(asking):
            assert answers[who].headers["Location"].startswith("/login/?next=")


def _answer(client: Client, route: str, address: str) -> HttpResponse:
    """What the person gets; what they changed is undone, so that everybody finds the same world."""
    method = MATRIX[route][0]
    is_json = route.startswith("api_") and method != "get"
    form = {"content_type": "application/json"} if is_json else {}
    with transaction.atomic():
        User.objects.filter(username="deactivated").update(is_active=False)
        response: HttpResponse = getattr(client, method)(address, POSTED.get(route, {}), **form)
        if response.streaming:
            list(response)  # to its end, so that the file behind it is closed
        transaction.set_rollback(True)
    return response


def test_a_deactivated_person_is_refused(world: World) -> None:
    client = world.client("lead")
    User.objects.filter(username="lead").update(is_active=False)
    assert client.get(world.address("campaign_detail")).status_code == 302


def test_the_annotators_page_shows_neither_model_nor_run_nor_judge(world: World) -> None:
    client = world.client("annotator")
    page = client.get(world.address("label_next")).content.decode()
    for hidden in (world.run.name, world.run.endpoint.model, "heuristic", world.run.method):
        assert hidden not in page
