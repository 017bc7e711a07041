"""Names are what pages can show on one line, however they come in."""

import pytest
from django.test import Client
from django.urls import reverse

from core.errors import DomainError
from core.names import check_name, name_problem
from evaluation.importers.stores.question_store import dataset_called
from evaluation.judges.services.rubrics import create_rubric
from evaluation.models import Rubric
from tests import build
from tests.api_person import Person

ANCHORS = ["a", "b", "c", "d", "e"]
ODD = [
    "judge\u202egpt",  # shown as “judgetpg”
    "a\u2066b",
    "a\x07b",
    "a\nb",
    "a\u2028b",
    "\u200b\u200b",
    "\u00a0",
    "a\x85b",
]


@pytest.mark.parametrize("name", ["GPT-4o mini", "裁判 1", "قاض", "judge 👩‍🔬", "É", "+1"])
def test_names_of_all_scripts_are_names(name: str) -> None:
    assert name_problem(name) is None


@pytest.mark.parametrize("name", ODD)
def test_a_name_that_reads_as_another_or_as_nothing_is_refused(name: str) -> None:
    with pytest.raises(DomainError, match="A name has"):
        check_name(name)


@pytest.mark.django_db
def test_odd_names_are_refused_by_pages_the_api_and_imports() -> None:
    admin = build.person("admin", staff=True)
    name = ODD[0]
    answer = Person(admin).post("rubrics/", {"name": name, "instructions": "Rate.", "anchors": ANCHORS})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_name")
    browser = Client()
    browser.force_login(admin)
    fields = {f"anchor_{score}": "x" for score in range(1, 6)}
    page = browser.post(reverse("rubric_create"), {"name": name, "instructions": "Rate.", **fields})
    assert "change the direction of text" in page.content.decode()
    with pytest.raises(DomainError, match="direction"):
        dataset_called(name, is_demonstration=False)
    with pytest.raises(DomainError, match="visible"):
        create_rubric(name="\u200b", instructions="Rate.", anchors=ANCHORS, actor=None)
    assert not Rubric.objects.filter(name=name).exists()
