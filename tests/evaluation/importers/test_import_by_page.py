"""Importing a recorded run by its page and over REST: the same options, and the same warnings."""

import io
from collections.abc import Callable, Sequence

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from evaluation.models import Judgment, Run
from tests.imports import import_by_page, import_over_rest

Row = dict[str, str]
MakeRow = Callable[..., Row]
MakeFile = Callable[[Sequence[Row]], io.BytesIO]

pytestmark = pytest.mark.django_db


def upload(csv_file: MakeFile, row: MakeRow) -> SimpleUploadedFile:
    """An evaluated Pref-Aligner file without baselines, whose answers are in lower case."""
    cells = {
        "aligner_res": "al",
        "aligner_answer": "b",
        "pref_eval_rating": "4",
        "no_pref_res": "",
        "no_pref_ans": "",
    }
    return SimpleUploadedFile("f.csv", csv_file([row(number, **cells) for number in range(2)]).getvalue())


WARNINGS = (
    "The file has no baseline responses",
    "2 personalised answers were read from another writing",
    "2 ratings were not imported",
)


def test_the_page_tells_what_was_read_left_out_and_missing(
    staff: Client, csv_file: MakeFile, row: MakeRow
) -> None:
    fields = {
        "file": upload(csv_file, row),
        "model": "m",
        "method": "pref_aligner",
        "setting": "relevant",
        "judge": "j",
    }
    page = import_by_page(staff, reverse("run_import"), fields).content.decode()
    for warning in WARNINGS:
        assert warning in page
    assert "Items without a baseline response" in page
    assert not Judgment.objects.exists()
    detail = staff.get(reverse("run_detail", args=[Run.objects.get().pk])).content.decode()
    for warning in WARNINGS:
        assert warning in detail


@pytest.mark.parametrize(("ratings_of", "judgments"), [("", 0), ("pref", 0), ("aligner", 2)])
def test_whose_the_ratings_are_is_said_by_the_page_and_over_rest(
    staff: Client, csv_file: MakeFile, row: MakeRow, ratings_of: str, judgments: int
) -> None:
    fields = {"model": "m", "method": "pref_aligner", "setting": "relevant"}
    fields |= {"ratings_of": ratings_of} if ratings_of else {}
    import_by_page(staff, reverse("run_import"), {**fields, "file": upload(csv_file, row)})
    assert Judgment.objects.count() == judgments
    Run.objects.all().delete()
    job = import_over_rest(staff, reverse("api_run_import"), {**fields, "file": upload(csv_file, row)})
    assert job["report"]["missing_baselines"] == 2
    assert Judgment.objects.count() == judgments


def test_ratings_of_something_else_are_refused_over_rest(
    staff: Client, csv_file: MakeFile, row: MakeRow
) -> None:
    fields = {"model": "m", "method": "direct", "setting": "relevant", "ratings_of": "both"}
    answer = staff.post(reverse("api_run_import"), {**fields, "file": upload(csv_file, row)})
    assert (answer.status_code, Run.objects.count()) == (400, 0)
