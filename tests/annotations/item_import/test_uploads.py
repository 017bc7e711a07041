"""An upload on its way: its owner alone sees it; corrected by hand, read by a worker if it is large, and deleted."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from annotations.item_import.selectors.uploads import file_of
from annotations.item_import.services.uploads import prune_uploads
from annotations.models import Campaign, ImportedItem, SavedMapping, TableUpload
from core.jobs.kinds import job_kind
from core.jobs.leasing import claim, run_job
from core.models import AuditEvent, User
from tests import build
from tests.annotations.item_import.dialects import delimited, titled_workbook, wide, workbook
from tests.annotations.item_import.item_pages import imported, page_of, sent, uploaded
from tests.imports import run_imports
from tests.pages import one_line

pytestmark = pytest.mark.django_db
TABLE = delimited(wide()).encode()
PAGES = ("columns", "criteria", "preview")


def test_an_upload_is_its_owners_alone(client: Client) -> None:
    upload = uploaded(client, TABLE)
    sent(client, upload, "columns")
    outsider, other_staff = Client(), Client()
    outsider.force_login(build.person("outsider"))
    other_staff.force_login(build.person("other staff", staff=True))
    for step in PAGES:
        address = reverse(f"item_import_{step}", args=[upload.pk])
        assert client.get(address).status_code == 200
        assert [someone.get(address).status_code for someone in (outsider, other_staff)] == [404, 404]
    assert outsider.get(reverse("item_import")).status_code == 404
    assert "table.csv" not in other_staff.get(reverse("item_import")).content.decode()


def test_a_large_file_is_read_by_a_worker_and_the_page_says_how_far_it_is(
    client: Client, settings: Settings
) -> None:
    settings.TABLE_AT_ONCE_BYTES = 10
    upload = uploaded(client, TABLE)
    assert upload.status == "queued"
    page = page_of(client, upload, "columns").content.decode()
    assert 'hx-trigger="every 1s"' in page
    run_job(upload)
    assert page_of(client, upload, "columns").status_code == 200
    answer = client.get(reverse("item_import_columns", args=[upload.pk]), headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"


def test_what_a_killed_worker_left_behind_is_read_again(client: Client, settings: Settings) -> None:
    settings.TABLE_AT_ONCE_BYTES = 10
    upload = uploaded(client, TABLE)
    assert claim(upload)  # and nothing is heard of that worker any more
    TableUpload.objects.update(leased_until=timezone.now())
    waiting = TableUpload.objects.waiting().get()
    assert run_job(waiting).status == "ready"


def test_the_layout_is_corrected_by_hand(client: Client) -> None:
    text = "id;question;anna\nq1;Warum größer?;1\nq2;Und schöner?;2\n".encode("mac_roman")
    upload = uploaded(client, text)
    assert "größer" not in page_of(client, upload, "columns").content.decode()
    address = reverse("item_import_layout", args=[upload.pk])
    assert client.post(address, {"encoding": "mac_roman", "delimiter": "semicolon"}).status_code == 302
    assert "Warum größer?" in page_of(client, upload, "columns").content.decode()
    assert client.post(address, {"encoding": "utf-8"}).status_code == 302
    page = page_of(client, upload, "columns").content.decode()
    assert "The file is not utf-8: it is broken at byte" in page
    assert "The file is still here." in page
    assert client.post(address, {}).status_code == 302
    assert page_of(client, upload, "columns").context["reading"].rows == 2


def test_another_sheet_and_heading_are_chosen_by_hand(client: Client) -> None:
    other: list[list[object]] = [
        ["a title", "", ""],
        ["id", "text", "anna"],
        ["q1", "A text to read here.", 3],
        ["q2", "Another one.", 4],
    ]
    upload = uploaded(client, workbook(First=wide(), Second=other), "book.xlsx")
    page = page_of(client, upload, "columns")
    assert page.context["reading"].layout.sheet == "First"
    address = reverse("item_import_layout", args=[upload.pk])
    assert client.post(address, {"sheet": "Second"}).status_code == 302
    reading = page_of(client, upload, "columns").context["reading"]
    assert [column.name for column in reading.columns] == ["id", "text", "anna"]
    assert client.post(address, {"sheet": "Second", "header_row": 1}).status_code == 302
    assert page_of(client, upload, "columns").context["reading"].rows == 3
    assert client.post(address, {"sheet": "Third"}).status_code == 422


def test_columns_that_contradict_one_another_are_refused_on_their_page(client: Client) -> None:
    upload = uploaded(client, TABLE)
    for changes, words in (
        ({"c0-role": "cluster", "c1-role": "cluster"}, "Only one column can be the cluster"),
        ({"c2-role": "second_output"}, "There is a second output and no first one."),
        ({"c0-role": "rater"}, "needs a column for the rater and one for the answer"),
        ({"c3-role": "explanation", "c3-rater": "nobody"}, "Whose explanations are in “anna”?"),
        ({f"c{place}-role": "ignore" for place in range(6)}, "so there are no items"),
    ):
        page = sent(client, upload, "columns", **changes)
        assert page.status_code == 422
        assert words in page.content.decode()


def test_ids_of_two_columns_are_joined_in_the_order_of_the_table(client: Client) -> None:
    rows = [["zone of it", "b", "text to read", "anna"]]
    rows += [[f"z{row % 2}", f"b{row}", f"This is text number {row}.", str(row % 5 + 1)] for row in range(6)]
    upload = uploaded(client, delimited(rows).encode())
    imported(client, upload, **{"c0-role": "id", "c1-role": "id", "c2-role": "output", "c3-role": "person"})
    assert ImportedItem.objects.get(position=1).external_id == "z1 / b1"


def test_a_mapping_is_saved_offered_for_the_same_columns_and_deleted(client: Client, staff: User) -> None:
    upload = uploaded(client, TABLE)
    assert (
        sent(client, upload, "columns", **{"c3-criterion": "helpful", "save_as": "wide"}).status_code == 302
    )
    assert (
        sent(client, upload, "criteria", **{"k0-question": "Does it help?", "save_as": "wide"}).status_code
        == 302
    )
    saved = SavedMapping.objects.get()
    assert (saved.owner, saved.name) == (staff, "wide")
    other = uploaded(client, TABLE, "next.csv")
    assert "Use “wide”" in page_of(client, other, "columns").content.decode()
    assert client.post(reverse("item_import_saved", args=[other.pk]), {"saved": "wide"}).status_code == 302
    assert "Does it help?" in page_of(client, other, "criteria").content.decode()
    different = uploaded(client, delimited([row[:5] for row in wide()]).encode(), "other.csv")
    assert "Use “wide”" not in page_of(client, different, "columns").content.decode()
    stranger = Client()
    stranger.force_login(build.person("stranger", staff=True))
    address = reverse("saved_mapping_delete", args=[saved.pk])
    assert stranger.post(address).status_code == 404
    assert client.post(address).status_code == 302
    assert not SavedMapping.objects.exists()
    assert {"mapping.saved", "mapping.deleted"} <= set(AuditEvent.objects.values_list("action", flat=True))


def test_a_saved_mapping_that_does_not_fit_leads_back_to_the_columns(client: Client) -> None:
    sent(client, uploaded(client, TABLE), "columns", save_as="wide")
    other = uploaded(client, b"x,y\n1,2\n3,4\n", "other.csv")
    answer = client.post(reverse("item_import_saved", args=[other.pk]), {"saved": "wide"}, follow=True)
    assert "“wide” does not fit this table. No column has an id or a text" in one_line(
        answer.content.decode()
    )
    assert client.post(reverse("item_import_saved", args=[other.pk]), {"saved": "nope"}).status_code == 404


def test_an_upload_is_deleted_with_its_file(
    client: Client, django_capture_on_commit_callbacks: pytest.FixtureRequest
) -> None:
    upload = uploaded(client, TABLE)
    path = file_of(upload)
    assert path.exists()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator] # pytest-django's fixture
        assert client.post(reverse("item_import_discard", args=[upload.pk])).status_code == 302
    assert not path.exists()
    assert not TableUpload.objects.exists()


def test_an_upload_that_nobody_goes_on_with_is_deleted_by_the_sweep(
    client: Client, django_capture_on_commit_callbacks: pytest.FixtureRequest
) -> None:
    old, fresh = uploaded(client, TABLE), uploaded(client, TABLE)
    TableUpload.objects.filter(pk=old.pk).update(changed_at=timezone.now() - timedelta(days=2))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator] # pytest-django's fixture
        job_kind("annotations.tableupload").sweep()
    assert list(TableUpload.objects.all()) == [fresh]
    assert not file_of(old).exists()
    assert file_of(fresh).exists()
    prune_uploads()
    assert client.get(reverse("item_import_columns", args=[old.pk])).status_code == 404


def test_the_files_are_readable_by_the_server_alone(client: Client) -> None:
    path = file_of(uploaded(client, TABLE))
    assert path.stat().st_mode & 0o777 == 0o600
    assert Path(settings.IMPORT_ROOT) in path.parents


def test_hostile_names_and_cells_execute_nothing(client: Client) -> None:
    markup = "<script>alert(1)</script>"
    rows: list[list[object]] = [["id", f"q {markup}", "answer", f"{markup} anna"]]
    rows += [
        [f"{markup}{row}", f"Is {markup} safe {row}?", f"{markup} No, it is not.", row % 3 + 1]
        for row in range(9)
    ]
    upload = uploaded(client, delimited(rows).encode(), f"{markup}.csv")
    pages = [page_of(client, upload, "columns")]
    assert sent(client, upload, "columns").status_code == 302
    pages += [page_of(client, upload, "criteria"), page_of(client, upload, "preview")]
    pages.append(imported(client, upload, campaign="harmless"))
    for page in pages:
        assert page.status_code == 200
        assert markup not in page.content.decode()
    assert Campaign.objects.get().imported_items.count() == 9


def test_over_rest_a_table_is_uploaded_corrected_and_imported(client: Client) -> None:
    file = build_file("rest.csv", delimited(wide(value=lambda score: "yes" if score > 2 else "no")).encode())
    answer = client.post("/api/v1/table-uploads/", {"file": file})
    assert answer.status_code == 201, answer.content
    upload = answer.json()
    assert upload["reading"]["guess"]["columns"]["gpt4"]["rater_kind"] == "judge"
    address = f"/api/v1/table-uploads/{upload['id']}/"
    columns = upload["reading"]["guess"]["columns"] | {"ben": {"role": "ignore"}}
    answer = client.patch(address, json.dumps({"mapping": {"columns": columns}}), "application/json")
    assert answer.status_code == 200, answer.content
    outcome = answer.json()["outcome"]
    assert (outcome["items"], outcome["ratings"], outcome["ignored"]) == (12, 24, ["ben"])
    assert outcome["criteria"][0]["asks_failure"]
    choice = {"name": "rating", "failures": ["no"], "question": "Is it good?"}
    body = json.dumps({"criteria": [choice], "save_as": "mine"})
    assert client.patch(address, body, "application/json").status_code == 200
    answer = client.post(f"{address}import/", json.dumps({"campaign": "by rest"}), "application/json")
    assert answer.status_code == 202, answer.content
    run_imports()
    report = client.get(answer.headers["Location"]).json()["report"]
    assert report["items"] == {"new": 12, "known": 0}
    assert Campaign.objects.get().criteria.get().question == "Is it good?"
    assert client.get("/api/v1/table-mappings/").json()["results"][0]["name"] == "mine"
    assert client.delete(address).status_code == 204


def test_over_rest_what_does_not_exist_is_named(client: Client) -> None:
    upload = client.post("/api/v1/table-uploads/", {"file": build_file("a.csv", TABLE)}).json()
    address = f"/api/v1/table-uploads/{upload['id']}/"
    for body, status in (
        ({"mapping": {"columns": {"nope": {"role": "id"}}}}, 400),
        ({"mapping": {"columns": {"id": {"role": "nothing"}}}}, 400),
        ({"saved": "nope"}, 404),
        ({"layout": {"encoding": "utf-8"}, "criteria": []}, 400),
        ({"layout": {"delimiter": "xx"}}, 400),
        ({}, 400),
    ):
        assert client.patch(address, json.dumps(body), "application/json").status_code == status, body
    answer = client.post(f"{address}import/", "{}", "application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_checked")


def build_file(name: str, content: bytes) -> object:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, content)


def test_the_campaign_list_leads_to_the_import(client: Client) -> None:
    page = one_line(client.get(reverse("campaign_list")).content.decode())
    assert page.count(f'href="{reverse("item_import")}"') == 2
    assert client.get(reverse("ratings_import")).status_code == 200


def test_a_spreadsheet_says_what_was_recognised(client: Client) -> None:
    upload = uploaded(client, titled_workbook(), "study.xlsx")
    page = one_line(page_of(client, upload, "columns").content.decode())
    assert "spreadsheet, sheet “Ratings 2026” of 2, headings in row 3; 12 rows, 6 columns." in page


def test_of_many_columns_those_that_matter_are_shown_and_the_others_stay_as_recognised(
    client: Client,
) -> None:
    head, *rows = wide()
    blank = [f"measure {number}" for number in range(150)]
    content = delimited([[*blank, *head], *[[*["some free words here"] * 150, *row] for row in rows]])
    upload = uploaded(client, content.encode())
    page = page_of(client, upload, "columns")
    shown = [form.facts.name for form in page.context["form"].column_forms]
    assert len(shown) == 120
    assert {"anna", "gpt4"} <= set(shown)
    assert "36 more columns are not shown" in one_line(page.content.decode())
    imported(client, upload)
    assert ImportedItem.objects.count() == 12


def test_criteria_of_any_script_have_keys_of_their_own(client: Client) -> None:
    names = ["有用性", "安全性", "Hilfreich?", "hilfreich"]
    rows: list[list[object]] = [["item", "rater", "criterion", "score"]]
    rows += [
        [f"q{n}", rater, name, 1 + (n + len(name)) % 5]
        for n in range(8)
        for rater in ("anna", "ben")
        for name in names
    ]
    imported(client, uploaded(client, delimited(rows).encode()))
    criteria = Campaign.objects.get().criteria
    assert list(criteria.values_list("key", flat=True)) == [
        "criterion_1",
        "criterion_2",
        "hilfreich",
        "hilfreich_2",
    ]
    assert list(criteria.values_list("question", flat=True))[:3] == names[:3]


def test_free_text_is_not_imported_as_ratings_and_that_is_said(client: Client) -> None:
    rows = [
        [*row, "anna score" if number == 0 else f"remark {number} of many"]
        for number, row in enumerate(wide())
    ]
    upload = uploaded(client, delimited(rows).encode())
    assert (
        sent(client, upload, "columns", **{"c6-role": "person", "c6-criterion": "remarks"}).status_code == 302
    )
    page = one_line(page_of(client, upload, "preview").content.decode())
    assert "The answers to “remarks” are not imported: Free text has no statistics" in page
    imported(client, upload, **{"c6-role": "person", "c6-criterion": "remarks"})
    assert list(Campaign.objects.get().criteria.values_list("key", flat=True)) == ["rating"]
