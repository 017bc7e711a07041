"""Imports by a worker: nothing lost, nothing twice, nobody else's, and files that unfold to too much."""

import gzip
import io
import json
import stat
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.errors import Conflict
from core.jobs.leasing import run_job
from core.models import User
from evaluation.importers.files import unfolded
from evaluation.imports.kinds import kind_called
from evaluation.imports.services import jobs as import_jobs
from evaluation.imports.services.files import store_files
from evaluation.imports.services.jobs import prune_imports, request_import, retry_import
from evaluation.models import Catalogue, Dataset, ImportJob, Question
from tests import build
from tests.imports import import_by_page, import_over_rest, is_refused, run_imports

pytestmark = pytest.mark.django_db

PREFERENCES = b"text,category\nI like it short.,brevity\n"


@pytest.fixture
def admin() -> User:
    return build.person("admin", staff=True)


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.IMPORT_ROOT = tmp_path / "imports"


def _requested(admin: User, content: bytes = PREFERENCES) -> ImportJob:
    return request_import(
        kind="catalogue",
        arguments={"name": "mine"},
        files=[("file", SimpleUploadedFile("p.csv", content))],
        actor=admin,
    )


def _folder(job: ImportJob) -> Path:
    return Path(configured.IMPORT_ROOT) / job.folder


def _failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("evaluation.imports.services.evaluation_kinds.import_catalogue", fail)


# The job


def test_a_request_stores_its_files_for_the_server_alone_and_imports_nothing(admin: User) -> None:
    job = _requested(admin)
    assert (job.status, job.bytes_total, job.file_names) == ("queued", len(PREFERENCES), ["p.csv"])
    (file,) = _folder(job).iterdir()
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(_folder(job).stat().st_mode)) == (0o600, 0o700)
    assert not Catalogue.objects.exists()


def test_a_worker_imports_once_however_often_the_job_is_sent(
    admin: User, django_capture_on_commit_callbacks: Any
) -> None:
    job = _requested(admin)
    folder = _folder(job)
    with django_capture_on_commit_callbacks(execute=True):
        run_job(job)
        run_job(job)
    job.refresh_from_db()
    assert (job.status, job.attempts, job.folder) == ("done", 1, "")
    assert job.report is not None
    assert job.report["catalogue"]["name"] == "mine"
    assert Catalogue.objects.count() == 1
    assert not folder.exists()


def test_a_worker_that_lost_its_claim_leaves_nothing(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    job = _requested(admin)
    kind = kind_called("catalogue")
    imported = kind.run

    def overtaken(source: Any) -> dict[str, Any]:
        report = imported(source)
        ImportJob.objects.filter(pk=job.pk).update(attempts=2)
        return report

    monkeypatch.setattr(import_jobs, "kind_called", lambda _: replace(kind, run=overtaken))
    run_job(job)
    assert not Catalogue.objects.exists()


def test_an_import_that_failed_can_be_tried_again_and_a_refused_one_cannot(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = _requested(admin)
    with monkeypatch.context() as patched:
        _failing(patched, OSError("the disk is full"))
        with pytest.raises(OSError, match="full"):
            run_job(job)
    job.refresh_from_db()
    assert (job.status, job.failure) == (
        "failed",
        "A file or connection error occurred (OSError: the disk is full).",
    )
    retry_import(job=job, actor=admin)
    run_imports()
    job.refresh_from_db()
    assert (job.status, Catalogue.objects.count()) == ("done", 1)
    refused = _requested(admin, b"nothing\n")
    run_imports()
    refused.refresh_from_db()
    assert (refused.status, refused.failure_field) == ("refused", "file")
    with pytest.raises(Conflict):
        retry_import(job=refused, actor=admin)


def test_why_an_import_failed_is_told_without_a_secret(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_PASSWORD", "a long password of a store")
    job = _requested(admin)
    with monkeypatch.context() as patched:
        _failing(patched, OSError("no store by “a long password of a store”\0"))
        with pytest.raises(OSError, match="no store"):
            run_job(job)
    job.refresh_from_db()
    assert job.failure == "A file or connection error occurred (OSError: no store by “***”)."


def test_who_may_no_longer_import_is_refused(admin: User) -> None:
    job = _requested(admin)
    User.objects.update(is_staff=False)
    run_imports()
    job.refresh_from_db()
    assert (job.status, job.failure_code) == ("refused", "no_longer_allowed")
    assert not Catalogue.objects.exists()


def test_files_that_nobody_reads_again_are_deleted_and_other_folders_are_not(
    admin: User, django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    waiting, failed = _requested(admin), _requested(admin)
    stray = Path(settings.IMPORT_ROOT) / ("0" * 32)
    others = Path(settings.IMPORT_ROOT) / "somebody-else"
    for folder in (stray, others):
        folder.mkdir()
    ImportJob.objects.filter(pk=failed.pk).update(
        status="failed", failure="x", failure_code="x", finished_at=timezone.now() - timedelta(days=2)
    )
    settings.IMPORT_KEEP_SECONDS = -1.0
    with django_capture_on_commit_callbacks(execute=True):
        prune_imports()
    assert _folder(waiting).exists()
    assert others.exists()
    assert not _folder(failed).exists()
    assert not stray.exists()


def test_a_person_has_a_limited_number_of_unfinished_imports(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_jobs, "MOST_UNFINISHED", 1)
    _requested(admin)
    with pytest.raises(Conflict):
        _requested(admin)


def test_two_requests_at_once_do_not_pass_the_limit_together_and_leave_no_files(
    admin: User, settings: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr(import_jobs, "MOST_UNFINISHED", 1)

    def store_while_another_comes(files: Any) -> Any:
        monkeypatch.setattr(import_jobs, "store_files", store_files)
        _requested(admin)
        return store_files(files)

    monkeypatch.setattr(import_jobs, "store_files", store_while_another_comes)
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(Conflict):
        _requested(admin)
    assert ImportJob.objects.count() == 1
    assert [path.name for path in settings.IMPORT_ROOT.iterdir()] == [ImportJob.objects.get().folder]


# Its page and address


def test_the_page_waits_and_shows_the_outcome(client: Client) -> None:
    fields = {"name": "mine", "file": SimpleUploadedFile("p.csv", PREFERENCES)}
    answer = client.post(reverse("catalogue_import"), fields)
    address = answer.headers["Location"]
    assert "Queued" in client.get(address).content.decode()
    fragment = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "hx-get" in fragment
    assert "<html" not in fragment
    run_imports()
    page = client.get(address).content.decode()
    assert "imported 1 preferences" in page.lower()
    assert "hx-get" not in page
    assert address in client.get(reverse("import_list")).content.decode()


def test_a_refused_import_leads_back_to_the_form_with_what_was_entered(client: Client) -> None:
    fields = {"name": "mine & yours", "file": SimpleUploadedFile("p.csv", b"nothing\n")}
    page = import_by_page(client, reverse("catalogue_import"), fields)
    assert is_refused(page)
    job = ImportJob.objects.get()
    back = f"{reverse('catalogue_import')}?from={job.pk}"
    assert back in page.content.decode()
    assert 'value="mine &amp; yours"' in client.get(back).content.decode()


def test_rest_answers_at_once_and_says_where_to_look(client: Client) -> None:
    fields = {"name": "mine", "file": SimpleUploadedFile("p.csv", PREFERENCES)}
    answer = client.post("/api/v1/catalogues/import/", fields)
    assert (answer.status_code, answer.json()["status"], answer.json()["report"]) == (202, "queued", None)
    run_imports()
    job = client.get(answer.headers["Location"]).json()
    assert (job["status"], job["share_done"], job["report"]["preferences"]) == ("done", 0.0, 1)
    (listed,) = client.get("/api/v1/imports/").json()["results"]
    assert listed["id"] == job["id"]
    assert client.post(f"/api/v1/imports/{job['id']}/retry/").status_code == 409


# What files unfold to


def _questions(client: Client, name: str, content: bytes) -> dict[str, Any]:
    fields = {"dataset": "mine", "file": SimpleUploadedFile(name, content)}
    return import_over_rest(client, "/api/v1/datasets/import/", fields)


def _parquet(columns: dict[str, Any], **options: Any) -> bytes:
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), file, **options)
    return file.getvalue()


@pytest.mark.slow
def test_a_parquet_file_of_a_few_kilobytes_that_unfolds_to_gigabytes_is_refused(client: Client) -> None:
    words = pyarrow.array(["x" * 1_000_000])
    rows = 3_200
    text = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * rows, pyarrow.int32()), words)
    content = _parquet({"question": text, "options": text, "gold_option": text}, compression="zstd")
    assert len(content) < 20_000
    job = _questions(client, "q.parquet", content)
    assert (job["status"], job["failure_code"]) == ("refused", "too_large")
    assert not Dataset.objects.exists()


def test_one_row_that_unfolds_to_gigabytes_is_refused(client: Client) -> None:
    values = pyarrow.DictionaryArray.from_arrays(
        pyarrow.array([0] * 3_000, pyarrow.int32()), pyarrow.array(["x" * 1_000_000])
    )
    options = pyarrow.ListArray.from_arrays(pyarrow.array([0, 3_000], pyarrow.int32()), values)
    content = _parquet({"question": ["q"], "options": options, "gold_option": ["A"]}, compression="zstd")
    job = _questions(client, "q.parquet", content)
    assert (job["status"], job["failure_code"]) == ("refused", "too_large")


def test_parquet_questions_are_imported_with_their_values(client: Client) -> None:
    content = _parquet({"question": ["One?"], "options": [["a", "b"]], "gold_option": ["B"], "id": [7]})
    assert _questions(client, "q.parquet", content)["report"]["questions_created"] == 1
    question = Question.objects.get()
    assert (question.text, question.options, question.gold_option, question.external_id) == (
        "One?",
        ["a", "b"],
        "B",
        "7",
    )


def test_the_memory_limit_counts_what_the_file_needs_not_what_its_reader_reserves(
    client: Client, settings: Any
) -> None:
    """Arrow's and OpenBLAS's reserves came to more than a gigabyte of address space, by machine and by chance."""
    settings.IMPORT_MEMORY_MB = 64
    content = _parquet({"question": ["One?"], "options": [["a", "b"]], "gold_option": ["B"]})
    assert _questions(client, "q.parquet", content)["report"]["questions_created"] == 1


def test_the_reader_of_parquet_knows_no_secret() -> None:
    assert not {"SECRET_KEY", "DATABASE_URL"} & set(unfolded.PASSED_ON)


def _zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    return file.getvalue()


HOSTILE_FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "10 million columns": ("q.csv", lambda: b"a," * 10_000_000 + b"\n1\n"),
    "6,000 columns": ("q.csv", lambda: b"question," + b",".join(b"c%d" % n for n in range(6_000)) + b"\n1\n"),
    "a record of 100 million characters": ("q.csv", lambda: b'question,options\n"' + b"a\n" * 50_000_000),
    "a line of 100 million characters": ("q.csv", lambda: b"question,options\n" + b"a" * 100_000_000),
    "a line of JSON of 100 million characters": ("q.jsonl", lambda: b'{"question": "' + b"a" * 100_000_000),
    "nested JSON": ("q.json", lambda: b"[" * 1_000_000),
    "nested lines of JSON": ("q.jsonl", lambda: b'{"a":' * 1_000_000),
    "JSON of 30 million lists": ("q.json", lambda: b"[" + b"[]," * 30_000_000 + b"[]]"),
    "a workbook": ("q.csv", _zipped),
    "gzip": ("q.csv", lambda: gzip.compress(b"0" * 50_000_000)),
    "zstandard": ("q.csv", lambda: bytes(pyarrow.compress(b"0" * 50_000_000, codec="zstd", asbytes=True))),
    "no Parquet": ("q.parquet", lambda: b"PAR1" + b"\xff" * 1000 + b"PAR1"),
}


@pytest.mark.parametrize("name", HOSTILE_FILES)
@pytest.mark.slow
@pytest.mark.one_in(2)
def test_a_file_that_is_made_to_fill_the_memory_is_refused(client: Client, name: str) -> None:
    file_name, content = HOSTILE_FILES[name]
    job = _questions(client, file_name, content())
    assert job["status"] == "refused"
    assert len(json.dumps(job)) < 100_000
    assert not Question.objects.exists()
