"""The pages on which a catalogue is built: who may see them, and the whole way on them without a script."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evaluation.library.services.catalogue_building import advance_build
from evaluation.models import Catalogue, CatalogueBuild, Completion, Endpoint, Proposal
from tests import build as built
from tests.pages import one_line

pytestmark = pytest.mark.django_db

TEXTS = [
    ("I prefer short and concise answers.", "brevity"),
    ("I prefer short, concise answers.", "brevity"),
    ("Please use examples from everyday life.", "examples"),
]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", "k")


def _fields(**fields: object) -> dict[str, object]:
    endpoint, _ = Endpoint.objects.get_or_create(
        name="proposer", defaults={"provider": "openai", "model": "m", "api_key_variable": "TEST_KEY"}
    )
    valid = {
        "name": "taste",
        "dataset": built.question().dataset.pk,
        "endpoint": endpoint.pk,
        "sample_size": 1,
        "per_question": 3,
        "seed": 0,
    }
    return valid | fields


def _answered(staff: Client) -> CatalogueBuild:
    """A build that was started on its page, with the replies in."""
    response = staff.post(reverse("build_create"), _fields())
    build = CatalogueBuild.objects.get()
    assert response.headers["Location"] == reverse("build_detail", args=[build.pk])
    advance_build(build)
    reply = {
        "preferences": [{"text": text, "reason": "<b>why</b>", "category": kind} for text, kind in TEXTS]
    }
    Completion.objects.update(status="succeeded", text=json.dumps(reply), finished_at=timezone.now())
    advance_build(build)
    build.refresh_from_db()
    return build


def _page(staff: Client, build: CatalogueBuild, **query: str) -> str:
    response = staff.get(reverse("build_detail", args=[build.pk]), query)
    assert response.status_code == 200
    return response.content.decode()


def _press(staff: Client, proposal: Proposal, action: str, **fields: str) -> int:
    data = {"text": proposal.text, "category": proposal.category, "action": action, **fields}
    return staff.post(reverse("proposal_review", args=[proposal.pk]), data).status_code


ROUTES = {
    "catalogue_list": ("get", "", 200),
    "catalogue_detail": ("get", "catalogue", 200),
    "build_create": ("get", "", 200),
    "build_detail": ("get", "build", 200),
    "build_ask_again": ("post", "build", 409),  # nothing has failed
    "build_release": ("post", "build", 409),  # nothing is accepted
    "build_merge": ("post", "build", 400),  # nothing is said of what to merge
    "proposal_review": ("post", "proposal", 302),
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.one_in(3)
def test_staff_only(staff: Client, route: str) -> None:
    build = _answered(staff)
    method, of, status = ROUTES[route]
    keys = {"": [], "build": [build.pk], "catalogue": [built.preference().catalogue.pk]}
    keys["proposal"] = [Proposal.objects.all()[0].pk]
    address = reverse(route, args=keys[of])
    data = {"action": "reject"} if of == "proposal" else {}
    outsider = Client()
    outsider.force_login(built.person())
    assert getattr(outsider, method)(address, data).status_code == 404
    nobody = getattr(Client(), method)(address, data)
    assert nobody.status_code == 302
    assert nobody.headers["Location"].startswith("/login/")
    assert not Proposal.objects.exclude(status="proposed").exists()
    assert getattr(staff, method)(address, data).status_code == status


def test_the_whole_way_from_the_form_to_a_catalogue(staff: Client) -> None:
    build = _answered(staff)
    short, concise, examples = Proposal.objects.order_by("position")
    page = _page(staff, build)
    assert "2 near-identical proposals" in page
    assert "&lt;b&gt;why&lt;/b&gt;" in page
    into = {"into": str(short.pk), "proposals": [str(concise.pk)], "show": "proposed", "page": "1"}
    merged = staff.post(reverse("build_merge", args=[build.pk]), into)
    assert merged.headers["Location"].endswith(f"?show=proposed&page=1#proposal-{short.pk}")
    assert "2 near-identical proposals" not in _page(staff, build)
    assert _press(staff, short, "accept", text="I like it short.", category="tone") == 302
    assert _press(staff, examples, "reject") == 302
    assert list(Proposal.objects.order_by("position").values_list("status", "text")) == [
        ("accepted", "I like it short."),
        ("merged", TEXTS[1][0]),
        ("rejected", TEXTS[2][0]),
    ]
    irrelevant = built.preference("I like tea.", kind="irrelevant").catalogue
    released = staff.post(reverse("build_release", args=[build.pk]), {"irrelevant_from": irrelevant.pk})
    catalogue = Catalogue.objects.get(name="taste")
    assert released.headers["Location"] == reverse("catalogue_detail", args=[catalogue.pk])
    page = one_line(staff.get(released.headers["Location"]).content.decode())
    assert "I like it short." in page
    assert "I like tea." in page
    assert "1 relevant and 1 irrelevant preference," in page
    page = _page(staff, build)
    assert "<textarea" not in page
    assert "taste v1" in staff.get(reverse("catalogue_list")).content.decode()


def test_the_page_shows_the_proposals_that_it_is_asked_for(staff: Client) -> None:
    build = _answered(staff)
    _press(staff, Proposal.objects.order_by("position")[2], "accept")
    shown = {
        show: _page(staff, build, show=show).count("<article") for show in ("all", "accepted", "rejected")
    }
    assert shown == {"all": 3, "accepted": 1, "rejected": 0}
    assert _page(staff, build, show="nonsense", page="99").count("<article") == 3


def test_many_groups_come_in_pages(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.library.views.catalogues.GROUPS_PER_PAGE", 1)
    build = _answered(staff)
    assert "Page 1 of 2" in _page(staff, build)
    assert _page(staff, build, page="2").count("<article") == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"sample_size": 9}, "questions to draw from"),
        ({"name": ""}, "This field is required"),
        ({"endpoint": ""}, "This field is required"),
        ({"per_question": 99}, "less than or equal to 10"),
    ],
)
def test_a_build_that_is_refused_comes_back_with_the_reason(
    staff: Client, fields: dict[str, object], said: str
) -> None:
    response = staff.post(reverse("build_create"), _fields(**fields))
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not CatalogueBuild.objects.exists()


def test_refusals_while_reviewing_are_pages_in_words(staff: Client) -> None:
    build = _answered(staff)
    first, second, _ = Proposal.objects.order_by("position")
    merge = reverse("build_merge", args=[build.pk])
    for data, status, said in (
        ({"into": "0", "proposals": [first.pk]}, 400, "no proposal with this number"),
        ({"into": "", "proposals": [first.pk]}, 400, "Enter the number"),
        ({"into": str(first.pk), "proposals": [first.pk]}, 409, "into itself"),
    ):
        response = staff.post(merge, data)
        assert (response.status_code, said in response.content.decode()) == (status, True)
    staff.post(merge, {"into": str(first.pk), "proposals": [second.pk]})
    assert _press(staff, second, "accept") == 409
    assert _press(staff, first, "accept", text="") == 400
    assert _press(staff, first, "explode") == 404
    assert staff.post(reverse("build_release", args=[build.pk]), {"irrelevant_from": "0"}).status_code == 400


def test_while_asking_the_page_asks_for_its_progress_again(staff: Client) -> None:
    staff.post(reverse("build_create"), _fields())
    build = CatalogueBuild.objects.get()
    assert 'hx-trigger="every 2s"' in _page(staff, build)
    address = reverse("build_detail", args=[build.pk])
    fragment = staff.get(address, headers={"hx-request": "true"}).content.decode()
    assert "<h1" not in fragment
    assert "0 of 1" in fragment
    advance_build(build)
    Completion.objects.update(status="failed", error_code="timeout", finished_at=timezone.now())
    advance_build(build)
    fragment = staff.get(address, headers={"hx-request": "true"}).content.decode()
    assert "every 2s" not in fragment
    assert "the call failed: timeout (1)" in fragment
    assert staff.post(reverse("build_ask_again", args=[build.pk])).status_code == 302
    build.refresh_from_db()
    assert build.status == "asking"


def test_a_page_of_many_proposals_takes_few_queries(
    staff: Client, django_assert_max_num_queries: object
) -> None:
    build = _answered(staff)
    first = Proposal.objects.all()[0]
    Proposal.objects.bulk_create(
        Proposal(
            build=build,
            question=first.question,
            completion=first.completion,
            position=position,
            text=f"{position} " * 9,
        )
        for position in range(10, 60)
    )
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        page = _page(staff, build)
    assert page.count("<article") > 20
    assert len(set(re.findall(r' id="([^"]+)"', page))) == len(re.findall(r' id="([^"]+)"', page))
