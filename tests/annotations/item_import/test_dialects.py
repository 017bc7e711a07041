"""Tables as people have them are imported, or it is said what is wrong and where, with the file still there."""

import pytest
from django.test import Client

from annotations.item_import.selectors.uploads import file_of
from annotations.models import Campaign, ImportedItem, ImportedRating
from annotations.models.table_upload import UploadStatus
from tests.annotations.item_import.dialects import Dialect, dialects
from tests.annotations.item_import.item_pages import imported, page_of, sent, uploaded
from tests.imports import is_refused

pytestmark = pytest.mark.django_db
ALL = dialects()


@pytest.mark.parametrize("dialect", [one for one in ALL if not one.refused], ids=lambda one: one.name)
def test_a_table_is_imported_by_the_guess_alone(client: Client, dialect: Dialect) -> None:
    upload = uploaded(client, dialect.content, dialect.name)
    assert page_of(client, upload, "columns").status_code == 200
    page = imported(client, upload)
    if dialect.problems:
        assert is_refused(page)
        assert not Campaign.objects.exists()
        page = imported(client, upload, rest="on")
    assert not is_refused(page), page.content.decode()
    assert ImportedItem.objects.count() == dialect.items
    labels = 3 if dialect.name == "multilabel.csv" else 1
    assert ImportedRating.objects.count() == dialect.ratings * labels
    assert Campaign.objects.get().criteria.exclude(definition={}).count() == labels


@pytest.mark.parametrize(
    "dialect", [one for one in ALL if one.refused and one.content], ids=lambda one: one.name
)
def test_a_file_without_a_table_says_why_and_stays(client: Client, dialect: Dialect) -> None:
    upload = uploaded(client, dialect.content, dialect.name)
    page = page_of(client, upload, "columns")
    assert page.status_code == 200
    assert dialect.refused in page.content.decode()
    assert upload.status == UploadStatus.REFUSED
    assert file_of(upload).read_bytes() == dialect.content


def test_a_multilabel_question_is_a_yes_or_no_for_each_label(client: Client) -> None:
    dialect = next(one for one in ALL if one.name == "multilabel.csv")
    imported(client, uploaded(client, dialect.content, dialect.name))
    criteria = list(Campaign.objects.get().criteria.all())
    assert [criterion.part_of for criterion in criteria] == ["rating"] * 3
    assert [criterion.kind for criterion in criteria] == ["binary"] * 3
    assert {*ImportedRating.objects.values_list("value", flat=True)} == {"yes", "no"}
    assert all(criterion.ratings.count() == 24 for criterion in criteria)


def test_named_levels_are_put_in_order_by_hand(client: Client) -> None:
    dialect = next(one for one in ALL if one.name == "named_levels.csv")
    upload = uploaded(client, dialect.content, dialect.name)
    sent(client, upload, "columns")
    levels = ["very bad", "bad", "fair", "good", "very good"]
    answer = sent(
        client, upload, "criteria", **{"k0-kind": "ordinal", "update": "1", "k0-options": "\n".join(levels)}
    )
    assert answer.status_code == 302
    answer = sent(
        client, upload, "criteria", **{"k0-options": "\n".join(levels), "k0-failures": ["very bad", "bad"]}
    )
    answer = sent(
        client, upload, "criteria", **{"k0-options": "\n".join(levels), "k0-failures": ["very bad", "bad"]}
    )
    assert answer.status_code == 302
    imported(client, upload)
    criterion = Campaign.objects.get().criteria.get()
    assert criterion.categories == levels
    assert criterion.threshold == 3
    assert criterion.scale == "ordinal"
    assert {*criterion.ratings.values_list("value", flat=True)} == {"1", "2", "3", "4", "5"}
