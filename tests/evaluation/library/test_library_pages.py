"""The library's pages: datasets and catalogues, browsed, searched, imported and compared."""

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from evaluation.models import Catalogue, Dataset, Question
from tests import build
from tests.imports import import_by_page, is_refused
from tests.pages import one_line, page_text

pytestmark = pytest.mark.django_db


def _upload(staff: Client, route: str, file_name: str, content: str, **fields: str) -> tuple[int, str]:
    file = SimpleUploadedFile(file_name, content.encode())
    page = import_by_page(staff, reverse(route), {"file": file, **fields})
    return 422 if is_refused(page) else page.status_code, one_line(page.content.decode())


# --- Datasets -------------------------------------------------------------------------------------------------


def test_questions_are_browsed_by_key_forth_and_back(staff: Client) -> None:
    dataset = build.question().dataset
    for number in range(119):
        build.question(dataset, text=f"What is number {number:03}?")
    address = reverse("dataset_detail", args=[dataset.pk])
    first = staff.get(address).content.decode()
    seen = [re.findall(r"What is number (\d+)", first)]
    further = re.search(r'rel="next" href="([^"]+)"', first)
    assert further is not None
    assert 'rel="prev"' not in first
    second = staff.get(address + further[1].replace("&amp;", "&")).content.decode()
    seen.append(re.findall(r"What is number (\d+)", second))
    back = re.search(r'rel="prev" href="([^"]+)"', second)
    assert back is not None
    assert not set(seen[0]) & set(seen[1])
    assert (len(seen[0]), len(seen[1])) == (49, 50)
    again = staff.get(address + back[1].replace("&amp;", "&")).content.decode()
    assert re.findall(r"What is number (\d+)", again) == seen[0]


def test_questions_are_searched_in_text_and_options_and_filtered(staff: Client) -> None:
    dataset = build.question(text="Where do whales live?", source="sea").dataset
    build.question(dataset, text="Where do bears live?", source="land")
    assert "whales" in page_text(staff, "dataset_detail", dataset.pk, q="LIVE whale")
    assert "bears" not in page_text(staff, "dataset_detail", dataset.pk, q="whale")
    assert "bears" in page_text(staff, "dataset_detail", dataset.pk, q="three", source="land")  # an option
    assert "whales" not in page_text(staff, "dataset_detail", dataset.pk, source="land")
    assert "No questions match" in page_text(staff, "dataset_detail", dataset.pk, q="tigers")
    refused = staff.get(reverse("dataset_detail", args=[dataset.pk]), {"source": "nowhere"})
    assert refused.status_code == 422


def test_questions_are_imported_by_upload_with_rejected_rows_told(staff: Client) -> None:
    rows = [
        {"question": "One?", "options": ["a", "b"], "gold_option": "A"},
        {"question": "Two?", "options": ["a", "b"], "gold_option": "Z"},
    ]
    lines = "\n".join(map(json.dumps, rows))
    status, page = _upload(staff, "dataset_import", "q.jsonl", lines, dataset="mine", layout="auto")
    assert status == 200
    assert Question.objects.get().text == "One?"
    assert re.search(r"Rejected rows.*gold_option", page)
    status, page = _upload(staff, "dataset_import", "q.jsonl", lines, dataset="mine", layout="auto")
    assert "nothing changed" in page
    status, page = _upload(staff, "dataset_import", "q.exe", "MZ\0\1\xff", dataset="mine", layout="auto")
    assert status == 422
    assert "columns of a question" in page or "binary" in page
    status, page = _upload(
        staff, "dataset_import", "q.jsonl", lines, dataset="strictly", layout="auto", strict="on"
    )
    assert status == 422
    assert not Dataset.objects.filter(name="strictly").exists()


# --- Catalogues -----------------------------------------------------------------------------------------------


def test_catalogues_are_imported_searched_and_compared(staff: Client) -> None:
    head = "text,category,kind\n"
    old = head + "I like it short.,brevity,relevant\nI like tea.,other,irrelevant\nI like lists.,structure,\n"
    new = head + "I like it short.,clarity,relevant\nI like lists.,structure,\nI like jokes.,tone,\n"
    assert _upload(staff, "catalogue_import", "c.csv", old, name="taste")[0] == 200
    assert _upload(staff, "catalogue_import", "c.csv", new, name="taste")[0] == 200
    first, second = Catalogue.objects.filter(name="taste").order_by("version")
    page = page_text(staff, "catalogue_detail", first.pk, kind="irrelevant")
    assert "I like tea." in page
    assert "I like lists." not in page
    assert "I like it short." in page_text(staff, "catalogue_detail", first.pk, q="SHORT", category="brevity")
    changes = page_text(staff, "catalogue_differences", second.pk)
    assert "1 added, 1 removed, 1 with a different category or kind, 1 unchanged" in changes
    assert "<ins>I like jokes.</ins>" in changes
    assert "<del>I like tea.</del>" in changes
    assert "<del>Brevity</del> <ins>Clarity</ins>" in changes
    assert "1 added, 1 removed" in page_text(staff, "catalogue_differences", first.pk, since=2)


def test_a_bad_row_refuses_a_catalogue_with_its_reason(staff: Client) -> None:
    status, page = _upload(staff, "catalogue_import", "c.csv", "text,kind\nGood.,\nBad.,purple\n", name="t")
    assert status == 422
    assert re.search(r"Problems.*purple", page)
    assert not Catalogue.objects.exists()


def test_the_library_counts_names_not_versions(staff: Client) -> None:
    for version in (1, 2):
        Catalogue.objects.create(name="c", version=version)
    assert re.search(r'Preference catalogues</a> <span class="badge">1<', page_text(staff, "library"))
