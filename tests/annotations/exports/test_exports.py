"""Exports: asked for, written once whatever happens to the worker, fetched by who asked, gone after their time."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from annotations.exports import services as service
from annotations.exports.selectors import visible_exports
from annotations.exports.services import (
    discard_export,
    file_of,
    prune_exports,
    request_export,
    retry_export,
)
from annotations.exports.tables.scopes import exportable_tables
from annotations.gold.services.gold import release_gold
from annotations.models import Campaign, Export
from core.errors import Conflict, DomainError, NotFound
from core.jobs.leasing import run_job
from core.models import AuditEvent, User
from perg.stats.gold.gold_criteria import EVERY_TASK
from tests import build
from tests.query_counts import check_query_count

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.EXPORT_ROOT = tmp_path / "exports"


@pytest.fixture
def lead() -> User:
    return build.person("lead")


@pytest.fixture
def campaign(lead: User) -> Campaign:
    """Three labels, and a lead."""
    ann = build.person("ann")
    made = build.campaign(build.run_with_items(3), [ann], overlap=1, leads=[lead])
    for task in made.tasks.all():
        build.vote(task, ann, 2, 4)
    return made


def _asked(lead: User, campaign: Campaign, **given: object) -> Export:
    wanted: dict[str, object] = {"table": "labels", "format": "csv", "filters": {"campaign": campaign.pk}}
    return request_export(requested_by=lead, **(wanted | given))  # type: ignore[arg-type]


def test_an_export_is_written_with_its_rows_checksum_and_manifest(lead: User, campaign: Campaign) -> None:
    export = run_job(_asked(lead, campaign))
    content = file_of(export).read_bytes()
    assert (export.status, export.rows, export.size) == ("ready", 3, len(content))
    assert export.checksum == hashlib.sha256(content).hexdigest()
    assert export.manifest is not None
    assert export.manifest["sha256"] == export.checksum
    assert export.manifest["rows"] == 3
    assert {"name": "score", "type": "integer"}.items() <= export.manifest["columns"][9].items()
    assert content.count(b"\n") == 4
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))[-2:] == [
        "export.requested",
        "export.written",
    ]


def test_all_revisions_are_there_where_they_are_asked_for(lead: User, campaign: Campaign) -> None:
    filters = {"campaign": campaign.pk, "revisions": "all"}
    assert run_job(_asked(lead, campaign, filters=filters)).rows == 6


def test_writing_twice_writes_once(lead: User, campaign: Campaign) -> None:
    export = _asked(lead, campaign)
    first = run_job(Export.objects.get(pk=export.pk))
    again = run_job(Export.objects.get(pk=export.pk))
    assert (again.attempts, again.file) == (1, first.file)
    assert len(list(Path(settings.EXPORT_ROOT).iterdir())) == 1


def test_a_worker_that_lost_its_claim_writes_nothing(
    lead: User, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = _asked(lead, campaign)
    whole = service._write_part

    def overtaken(late: Export, part: Path) -> dict[str, object]:
        manifest = whole(late, part)
        Export.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        monkeypatch.setattr(service, "_write_part", whole)
        assert run_job(Export.objects.get(pk=export.pk)).status == "ready"
        return manifest

    monkeypatch.setattr(service, "_write_part", overtaken)
    late = run_job(Export.objects.get(pk=export.pk))
    assert late.attempts == 2
    assert [path.name for path in Path(settings.EXPORT_ROOT).iterdir()] == [late.file]
    assert AuditEvent.objects.filter(action="export.written").count() == 1


def test_a_failure_is_shown_and_can_be_retried(
    lead: User, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = _asked(lead, campaign)

    def full(late: Export, part: Path) -> dict[str, object]:
        part.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(service, "_write_part", full)
        with pytest.raises(OSError, match="No space"):
            run_job(export)
    export.refresh_from_db()
    assert export.status == "failed"
    assert "No space left on device" in export.failure
    assert list(Path(settings.EXPORT_ROOT).iterdir()) == []
    assert run_job(retry_export(export=export, actor=lead)).status == "ready"
    with pytest.raises(Conflict):
        retry_export(export=export, actor=lead)


def test_who_lost_the_campaign_meanwhile_gets_nothing(lead: User, campaign: Campaign) -> None:
    export = _asked(lead, campaign)
    campaign.members.filter(user=lead).update(is_active=False)
    refused = run_job(export)
    assert (refused.status, refused.failure_code) == ("failed", "not_found")
    assert not visible_exports(lead).exists()


def test_files_go_after_their_time_and_can_be_made_again(
    lead: User,
    campaign: Campaign,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    export = run_job(_asked(lead, campaign))
    path = file_of(export)
    assert prune_exports() == 0
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert prune_exports() == 1
    export.refresh_from_db()
    assert (export.status, export.file, path.exists()) == ("expired", "", False)
    assert run_job(retry_export(export=export, actor=lead)).status == "ready"


def test_what_killed_workers_left_is_swept_away(lead: User, campaign: Campaign) -> None:
    import os

    export = run_job(_asked(lead, campaign))
    root = Path(settings.EXPORT_ROOT)
    for name, age in (("7-20260102030405-1.csv.part", 10**6), ("8-20260102030405-1.csv.part", 0)):
        (root / name).write_bytes(b"half")
        os.utime(root / name, (0, timezone.now().timestamp() - age))
    prune_exports()
    assert {path.name for path in root.iterdir()} == {export.file, "8-20260102030405-1.csv.part"}


def test_a_file_can_be_taken_away(
    lead: User,
    campaign: Campaign,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    export = run_job(_asked(lead, campaign))
    path = file_of(export)
    with django_capture_on_commit_callbacks(execute=True):
        discard_export(export=export, actor=lead)
    assert not path.exists()
    with pytest.raises(Conflict):
        discard_export(export=export, actor=lead)


def test_a_dataset_has_pseudonyms_unless_names_are_requested(lead: User, campaign: Campaign) -> None:
    assert _asked(lead, campaign, format="dataset").raters == "pseudonyms"
    assert _asked(lead, campaign, format="dataset", raters="names").raters == "names"
    assert _asked(lead, campaign).raters == "names"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"format": "xls"}, "format"),
        ({"filters": {}}, "campaign"),
        ({"filters": {"campaign": "x"}}, "campaign"),
        ({"filters": {"campaign": 10**30}}, "campaign"),
        ({"filters": {"what": "1"}}, "what"),
        ({"raters": "faces"}, "raters"),
        ({"table": "gold", "filters": {}}, "release"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_field(
    lead: User, campaign: Campaign, given: dict[str, object], field: str
) -> None:
    with pytest.raises(DomainError) as raised:
        _asked(lead, campaign, **given)
    assert raised.value.field == field
    assert not Export.objects.exists()


def test_nobody_waits_for_more_than_a_few(lead: User, campaign: Campaign) -> None:
    for _ in range(service.MOST_UNFINISHED):
        _asked(lead, campaign)
    with pytest.raises(Conflict) as raised:
        _asked(lead, campaign)
    assert raised.value.code == "too_many_exports"


def test_the_database_knows_when_an_export_has_a_file(lead: User, campaign: Campaign) -> None:
    export = _asked(lead, campaign)
    for wrong in ({"status": "ready"}, {"status": "failed"}, {"status": "running"}, {"file": "x"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Export.objects.filter(pk=export.pk).update(**wrong)


# --- Who may export what ----------------------------------------------------------------------------------------


def test_annotators_export_nothing_leads_their_campaigns_staff_all(lead: User, campaign: Campaign) -> None:
    ann = User.objects.get(username="ann")
    admin, other = build.person("admin", staff=True), build.person("other")
    build.campaign(build.run_with_items(1), [ann], overlap=1, leads=[other])
    release = release_gold(campaign=campaign, criteria=EVERY_TASK)
    assert exportable_tables(ann) == []
    assert {table.name for table in exportable_tables(admin)} - {
        table.name for table in exportable_tables(lead)
    } == {"run_metrics", "completions"}
    for person in (ann, other):
        with pytest.raises(NotFound):
            _asked(person, campaign)
        with pytest.raises(NotFound):
            _asked(person, campaign, table="gold", filters={"release": release.pk})
    assert run_job(_asked(admin, campaign, filters={})).rows == 3


def test_a_lead_gets_of_the_evaluation_what_belongs_to_their_items(lead: User, campaign: Campaign) -> None:
    elsewhere = build.run_with_items(2)
    for item in elsewhere.items.all():
        build.judgment(item, 1)
    build.judgment(campaign.runs.get().items.all()[0], 5)
    counted = {
        table: run_job(_asked(lead, campaign, table=table)).rows
        for table in ("judgments", "responses", "items", "questions")
    }
    assert counted == {"judgments": 1, "responses": 6, "items": 3, "questions": 3}
    filters = {"campaign": campaign.pk, "run": elsewhere.pk}
    assert run_job(_asked(lead, campaign, table="responses", filters=filters)).rows == 0


# --- Pages ------------------------------------------------------------------------------------------------------


def _client(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_small_table_comes_at_once_and_is_in_the_log(lead: User, campaign: Campaign) -> None:
    client = _client(lead)
    wanted = {"format": "csv", "campaign": str(campaign.pk), "revisions": "current"}
    answer = client.post(reverse("export_create", args=["labels"]), wanted)
    assert answer.status_code == 302
    file = client.get(answer.headers["Location"])
    assert b"".join(file).count(b"\n") == 4
    assert file.headers["Content-Disposition"].startswith('attachment; filename="perg-labels-')
    assert not Export.objects.exists()
    assert AuditEvent.objects.filter(action="export.streamed", actor=lead).count() == 1


def test_a_large_table_is_left_to_a_worker(lead: User, campaign: Campaign, settings: Settings) -> None:
    settings.EXPORT_STREAM_ROWS = 2
    client = _client(lead)
    wanted = {"format": "parquet", "campaign": str(campaign.pk), "revisions": "current"}
    answer = client.post(reverse("export_create", args=["labels"]), wanted)
    assert answer.headers["Location"] == reverse("export_list")
    export = Export.objects.get()
    page = client.get(reverse("export_list")).content.decode()
    assert "Waiting for a worker" in page
    assert "every 2s" in page
    run_job(export)
    page = client.get(reverse("export_list"), headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" not in page
    assert reverse("export_download", args=[export.pk]) in page
    assert "<html" not in page
    streamed = client.get(reverse("export_stream", args=["labels", "csv"]), {"campaign": campaign.pk})
    assert streamed.status_code == 409


def test_an_export_is_for_who_asked_alone(lead: User, campaign: Campaign) -> None:
    export = run_job(_asked(lead, campaign))
    for person in (User.objects.get(username="ann"), build.person("admin", staff=True)):
        for route in ("export_download", "export_manifest"):
            assert _client(person).get(reverse(route, args=[export.pk])).status_code == 404


def test_a_file_missing_from_the_disk_is_reported(lead: User, campaign: Campaign) -> None:
    export = run_job(_asked(lead, campaign))
    file_of(export).unlink()
    answer = _client(lead).get(reverse("export_download", args=[export.pk]))
    assert answer.status_code == 404
    assert "Export it again" in answer.content.decode()


def test_queries_of_the_list_do_not_grow_with_the_exports(lead: User, campaign: Campaign) -> None:
    client = _client(lead)

    def add(n: int) -> None:
        for _ in range(n):
            build.export(lead, campaign)

    check_query_count("export_list", add_rows=add, ask=lambda: client.get(reverse("export_list")))


def test_queries_of_the_gold_page_do_not_grow_with_releases_or_tasks(lead: User, campaign: Campaign) -> None:
    client = _client(lead)

    def add(n: int) -> None:
        for _ in range(n):
            release_gold(campaign=campaign, criteria=EVERY_TASK)

    address = reverse("campaign_gold", args=[campaign.pk])
    check_query_count("campaign_gold", add_rows=add, ask=lambda: client.get(address))
