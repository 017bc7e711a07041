"""Lists of the evaluation over REST cost the same for many rows as for few, and count nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evaluation.engine.steps.prompts import current_prompts
from evaluation.models import Batch, Dataset, Judge, Preference, Rubric, Run
from evaluation.results.services.results import refresh_result
from tests import build
from tests.query_counts import check_query_count

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

pytestmark = pytest.mark.django_db

API = "/api/v1/"


@pytest.fixture
def admin() -> Client:
    """An admin's program."""
    return Client(headers=build.bearer(build.person("admin", staff=True)))


def _add_runs(count: int) -> None:
    for _ in range(count):
        run = build.run()
        Run.objects.filter(pk=run.pk).update(batch=Batch.objects.create(name=f"batch {run.pk}"))
        build.item(run)
        refresh_result(run=run)


def _add_items(count: int) -> None:
    run = Run.objects.first() or build.run()
    for _ in range(count):
        for judge in ("a", "b"):
            if judge == "a":
                item = build.item(run)
            build.judgment(item, 3, by=judge)


def _add_judges(count: int) -> None:
    item = build.run_with_items(1).items.get()
    for _ in range(count):
        build.judgment(item, 3, by=f"judge {Judge.objects.count()}")


def _add_questions(count: int) -> None:
    for _ in range(count):
        build.question()


def _add_preferences(count: int) -> None:
    for _ in range(count):
        build.preference(f"I like {Preference.objects.count()}.")


def _add_library(count: int) -> None:
    current_prompts()
    for _ in range(count):
        number = Dataset.objects.count()
        Dataset.objects.create(name=f"dataset {number}")
        Rubric.objects.create(name=f"rubric {number}", instructions="Rate.", anchors=list("abcde"))
        Preference.objects.create(catalogue=build.preference().catalogue, text=f"{number}")


@pytest.mark.parametrize(
    ("path", "add_rows"),
    [
        ("runs/", _add_runs),
        ("batches/", _add_runs),
        ("results/", _add_runs),
        ("items/", _add_items),
        ("responses/", _add_items),
        ("judgments/", _add_items),
        ("judges/", _add_judges),
        ("endpoints/", _add_judges),
        ("datasets/", _add_library),
        ("catalogues/", _add_library),
        ("rubrics/", _add_library),
        ("prompts/", _add_library),
    ],
)
@pytest.mark.one_in(3)
def test_a_list_takes_as_many_queries_for_many_rows_as_for_few(
    admin: Client, path: str, add_rows: Callable[[int], None]
) -> None:
    check_query_count(f"GET {path}", add_rows=add_rows, ask=lambda: admin.get(API + path))


def test_parts_of_a_thing_take_as_many_queries_for_many_rows_as_for_few(admin: Client) -> None:
    dataset, catalogue = build.question().dataset, build.preference().catalogue
    item = build.run_with_items(1).items.get()
    run = item.run

    def add_judgments(count: int) -> None:
        for _ in range(count):
            build.judgment(item, 3, by=f"judge {Judge.objects.count()}")

    def ask(path: str) -> "Callable[[], Answer]":
        return lambda: admin.get(API + path)

    check_query_count(
        "GET datasets/{id}/questions/", add_rows=_add_questions, ask=ask(f"datasets/{dataset.pk}/questions/")
    )
    check_query_count(
        "GET catalogues/{id}/preferences/",
        add_rows=_add_preferences,
        ask=ask(f"catalogues/{catalogue.pk}/preferences/"),
    )
    check_query_count("GET items/{id}/", add_rows=add_judgments, ask=ask(f"items/{item.pk}/"))
    check_query_count("GET runs/{id}/progress/", add_rows=_add_items, ask=ask(f"runs/{run.pk}/progress/"))


def test_no_list_of_a_large_table_counts_its_rows(admin: Client) -> None:
    build.judgment(build.run_with_items(2).items.order_by("pk")[0], 3)
    for path in ("items/", "responses/", "judgments/", "runs/", "results/"):
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(API + path).status_code == 200
        assert not [query for query in captured.captured_queries if "COUNT(" in query["sql"].upper()], path
