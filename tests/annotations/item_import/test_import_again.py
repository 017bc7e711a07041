"""The same table again adds what is new; what contradicts it is named by row; nothing is dropped in silence."""

import pytest
from django.test import Client

from annotations.models import Campaign, ImportedItem, ImportedRating, Member
from core.models import AuditEvent, User
from tests import build
from tests.annotations.item_import.dialects import delimited, wide
from tests.annotations.item_import.item_pages import import_now, imported, page_of, sent, uploaded
from tests.imports import is_refused
from tests.pages import one_line

pytestmark = pytest.mark.django_db
TABLE = delimited(wide()).encode()


def test_the_first_import_makes_a_campaign_that_its_importer_leads(client: Client, staff: User) -> None:
    imported(client, uploaded(client, TABLE, campaign="ours"))
    campaign = Campaign.objects.get()
    assert (campaign.name, campaign.is_imported, campaign.sample_size) == ("ours", True, 12)
    assert Member.objects.get().user == staff
    criterion = campaign.criteria.get()
    assert (criterion.kind, criterion.scale, criterion.threshold) == ("ordinal", "ordinal", 3)
    assert criterion.categories == list("12345")
    item = ImportedItem.objects.get(external_id="q3")
    assert item.exhibit["context"][0]["heading"] == "question"
    assert AuditEvent.objects.filter(action="items.imported").count() == 1


def test_the_same_table_again_changes_nothing_and_says_so(client: Client) -> None:
    upload = uploaded(client, TABLE, campaign="ours")
    imported(client, upload)
    page = one_line(imported(client, upload).content.decode())
    assert "Nothing is new: all 12 items and 36 ratings were there." in page
    assert (ImportedItem.objects.count(), ImportedRating.objects.count()) == (12, 36)
    assert AuditEvent.objects.filter(action="items.imported").count() == 1


def test_a_longer_table_adds_what_is_new(client: Client) -> None:
    imported(client, uploaded(client, TABLE, campaign="ours"))
    rows = [[*row, "claude" if number == 0 else 4] for number, row in enumerate(wide())]
    rows.append(["q99", "A new question?", "A new answer.", 1, 2, 3, 4])
    page = one_line(
        imported(client, uploaded(client, delimited(rows).encode(), campaign="ours")).content.decode()
    )
    assert "1 item and 16 ratings added. 12 items and 36 ratings were there already." in page
    assert (ImportedItem.objects.count(), ImportedRating.objects.count()) == (13, 52)
    assert Campaign.objects.get().sample_size == 13
    assert ImportedItem.objects.get(external_id="q99").position == 12


def test_another_answer_of_the_same_rater_is_named_by_row_and_never_overwritten(client: Client) -> None:
    imported(client, uploaded(client, TABLE, campaign="ours"))
    before = ImportedRating.objects.get(item__external_id="q2", rater="ben").value
    rows = wide()
    rows[3][4] = 1 if before != "1" else 5
    upload = uploaded(client, delimited(rows).encode(), campaign="ours")
    page = imported(client, upload)
    assert is_refused(page)
    assert f"of ben for q2, but “{before}” is there already; it stays" in page.content.decode()
    again = client.get(f"/campaigns/import-items/?from={page.context['job'].pk}", follow=True)
    assert "it stays" in again.content.decode()
    page = import_now(client, upload, rest="on")
    assert not is_refused(page)
    assert ImportedRating.objects.get(item__external_id="q2", rater="ben").value == before


def test_another_text_under_the_same_id_is_named_by_row(client: Client) -> None:
    imported(client, uploaded(client, TABLE, campaign="ours"))
    rows = wide()
    rows[1][2] = "Quite another answer, which nobody has rated."
    page = imported(client, uploaded(client, delimited(rows).encode(), campaign="ours"))
    assert "has the id “q0” of an item that is there, but another text" in page.content.decode()


def test_labels_that_the_campaign_has_not_are_no_answers_to_its_question(client: Client) -> None:
    imported(client, uploaded(client, TABLE, campaign="ours"))
    rows = [[*row[:3], "claude" if number == 0 else 9] for number, row in enumerate(wide())]
    page = imported(client, uploaded(client, delimited(rows).encode(), campaign="ours"))
    assert is_refused(page)
    assert "has “9” of claude for “rating”, which is not one of 1, 2, 3, 4, 5" in page.content.decode()


def test_nobody_adds_to_a_campaign_that_they_do_not_lead(client: Client) -> None:
    imported(client, uploaded(client, TABLE, campaign="ours"))
    lead = build.person("lead elsewhere")
    imported(client, uploaded(client, TABLE, campaign="theirs"))
    Member.objects.create(campaign=Campaign.objects.get(name="theirs"), user=lead, role="lead")
    other = Client()
    other.force_login(lead)
    page = imported(other, uploaded(other, TABLE, campaign="ours"))
    assert is_refused(page)
    assert "There is a campaign named “ours” already. Import under another name." in page.content.decode()


def test_columns_that_are_left_out_are_listed(client: Client) -> None:
    rows = [
        [*row, "seed" if number == 0 else f"x{number} y z {'long ' * 30}"]
        for number, row in enumerate(wide())
    ]
    upload = uploaded(client, delimited(rows).encode(), campaign="ours")
    sent(client, upload, "columns", **{"c6-role": "ignore"})
    assert "Columns that are left out: <bdi>seed</bdi>" in one_line(
        page_of(client, upload, "preview").content.decode()
    )
    page = import_now(client, upload)
    assert "<dt>Columns left out</dt><dd>seed</dd>" in one_line(page.content.decode())


def test_a_yes_or_no_asks_which_answer_is_the_failure(client: Client) -> None:
    rows = wide(value=lambda score: "yes" if score > 2 else "no")
    upload = uploaded(client, delimited(rows).encode(), campaign="ours")
    assert sent(client, upload, "columns").status_code == 302
    page = sent(client, upload, "criteria")
    assert page.status_code == 422
    assert "Say which answers are failures, or that none of them is." in page.content.decode()
    assert is_refused(import_now(client, upload))
    assert not Campaign.objects.exists()
    assert sent(client, upload, "criteria", **{"k0-failures": ["no"]}).status_code == 302
    assert not is_refused(import_now(client, upload))
    criterion = Campaign.objects.get().criteria.get()
    assert (criterion.kind, criterion.failure_labels, criterion.threshold) == ("binary", ["no"], None)


def test_no_answer_need_be_a_failure(client: Client) -> None:
    rows = wide(value=lambda score: "yes" if score > 2 else "no")
    upload = uploaded(client, delimited(rows).encode(), campaign="ours")
    sent(client, upload, "columns")
    assert sent(client, upload, "criteria", **{"k0-no_failure": "on"}).status_code == 302
    assert not is_refused(import_now(client, upload))
    assert Campaign.objects.get().criteria.get().failure_labels is None
