"""Catalogues of preferences out of CSV files."""

import io

import pytest

from core.errors import NotFound
from evaluation.importers.catalogue import import_catalogue
from evaluation.importers.report import CatalogueReport, ImportRefused
from evaluation.importers.stores.preference_store import catalogue_called
from evaluation.models import Catalogue

pytestmark = pytest.mark.django_db


def run(text: str, name: str = "Mine") -> CatalogueReport:
    return import_catalogue(file=io.BytesIO(text.encode()), name=name, actor=None)


def test_a_file_becomes_version_1_in_its_order() -> None:
    report = run("text,category,kind\n Be brief. ,Brevity,relevant\nI like tea.,,irrelevant\n")
    assert (report.status, str(report.catalogue), report.preferences) == ("imported", "Mine v1", 2)
    assert list(report.catalogue.preferences.values_list("text", "category", "kind")) == [
        ("Be brief.", "brevity", "relevant"),
        ("I like tea.", "other", "irrelevant"),
    ]


def test_the_same_content_changes_nothing_and_other_content_is_the_next_version() -> None:
    first = run("text\nBe brief.\n")
    assert run("text,kind\nBe brief.,relevant\n").status == "unchanged"
    second = run("text\nBe long.\n")
    assert (second.status, second.catalogue.version) == ("imported", 2)
    assert run("text\nBe brief.\n").catalogue == first.catalogue
    assert Catalogue.objects.count() == 2
    assert run("text\nBe brief.\n", "Other").catalogue.version == 1


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "empty_file", "0 bytes"),
        ("text,category\n", "no_rows", "no rows"),
        ("fish\nx\n", "not_csv", "text, category, kind"),
        ("kind\nrelevant\n", "missing_columns", "text is missing"),
        ("text,mood\nx,y\n", "unknown_columns", "mood"),
        ("text\nx\ny\nx\n", "rows_rejected", "the same preference as row 1"),
        ("text,category\nx,loud\ny,tone\n", "rows_rejected", "“loud” is none of clarity"),
        ("text,kind\nx,maybe\ny,relevant\n", "rows_rejected", "“maybe” is none of relevant, irrelevant"),
        ('text,kind\n" ",relevant\ny,relevant\n', "rows_rejected", "has no text"),
        ("text\n" + "x" * 3_000 + "\n", "no_rows_accepted", "3,000 bytes"),
    ],
)
def test_a_file_with_errors_is_refused_as_a_whole(text: str, code: str, words: str) -> None:
    with pytest.raises(ImportRefused) as refusal:
        run(text)
    assert refusal.value.code == code
    assert words in refusal.value.message
    assert not Catalogue.objects.exists()


def test_a_catalogue_is_found_by_its_name_or_with_its_version() -> None:
    first, second = run("text\nx\n").catalogue, run("text\ny\n").catalogue
    assert catalogue_called("Mine") == second
    assert catalogue_called("Mine v1") == first
    odd = run("text\nx\n", "Mine v9").catalogue
    assert catalogue_called("Mine v9") == odd
    with pytest.raises(NotFound, match=r"no catalogue “Yours”. There are: Mine v2, Mine v1"):
        catalogue_called("Yours")
