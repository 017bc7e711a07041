"""Uploaded tables: stored, read, corrected, checked and, in the end, imported.

The file stays until it has not been touched for a day. What is small is read at once, other files by a worker.
"""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from annotations.item_import.selectors.uploads import (
    abandoned_uploads,
    choices_of,
    file_of,
    mapping_of,
    reading_of,
)
from annotations.item_import.tables.checking import checked_table
from annotations.item_import.tables.documents import CriterionChoice
from annotations.item_import.tables.outcome import outcome_of
from annotations.item_import.tables.reading import dumped_layout, read_table, stated_layout, stored_table
from annotations.models import TableUpload
from annotations.models.table_upload import UploadPhase, UploadStatus
from core.audit.writing import record as audit
from core.errors import Conflict, NotFound
from core.jobs.heartbeat import Heartbeat, ThreadHeartbeat
from core.jobs.kinds import JobKind
from core.jobs.leasing import enqueue, finish, run_job
from core.models import User
from evaluation.imports.services.files import delete_files, store_files
from evaluation.imports.services.jobs import request_import
from evaluation.models import ImportJob
from perg.formats.mapping.uses import TableMapping
from perg.formats.tables.layout import NOTHING_STATED, StatedLayout

ITEMS = "items"
"""The kind of the import."""
MOST_UPLOADS = 50
"""Files that a person may have at the same time."""
NAME_LENGTH = 200


def receive_table(
    *,
    file: UploadedFile[bytes],
    actor: User,
    campaign_name: str = "",
    stated: StatedLayout = NOTHING_STATED,
) -> TableUpload:
    """Store a file and have it read. Raises Conflict where the person has too many.

    The caller has checked that the person may, and the file's size.
    """
    _check_number(actor)  # before anything is copied, which takes a while
    folder, facts = store_files([("file", file)])
    name = facts[0]["name"] or "file"
    with transaction.atomic():
        upload = TableUpload.objects.create(
            file_name=name,
            size=facts[0]["size"],
            folder=folder,
            campaign_name=(campaign_name.strip() or Path(name).stem)[:NAME_LENGTH],
            stated=dumped_layout(stated),
            requested_by=actor,
        )
        audit("table.uploaded", actor=actor, subject=upload, file=name)
        _enqueue_large(upload)
    return _at_once(upload)


def restate_layout(*, upload: TableUpload, stated: StatedLayout, actor: User) -> TableUpload:
    """Have a file read as its owner says it is laid out. Raises Conflict while it is being read."""
    return _again(upload, UploadPhase.READING, stated=dumped_layout(stated), reading=None, mapping=None)


def map_columns(
    *,
    upload: TableUpload,
    mapping: TableMapping,
    actor: User,
    choices: Sequence[CriterionChoice] | None = None,
) -> TableUpload:
    """Have all rows checked by what the columns are for. Raises Conflict while the file is being read."""
    reading_of(upload)
    columns: dict[str, object] = {"mapping": mapping.model_dump(mode="json")}
    if choices is not None:
        columns["choices"] = [choice.dumped() for choice in choices]
    return _again(upload, UploadPhase.CHECKING, **columns)


def choose_criteria(*, upload: TableUpload, choices: Sequence[CriterionChoice], actor: User) -> TableUpload:
    """Have all rows checked by these criteria. Raises Conflict while the file is being read."""
    return map_columns(upload=upload, mapping=mapping_of(upload), choices=choices, actor=actor)


def discard_upload(*, upload: TableUpload, actor: User) -> None:
    """Delete an upload with its file."""
    with transaction.atomic():
        audit("table.discarded", actor=actor, subject=upload, file=upload.file_name)
        delete_files(upload.folder)
        upload.delete()


def import_upload(*, upload: TableUpload, campaign: str, rest: bool, actor: User) -> ImportJob:
    """Have a checked table imported. The upload stays, so that whatever is refused can be corrected.

    Raises Conflict where its rows are not checked.
    """
    if upload.outcome is None:
        raise Conflict("The rows have not been checked yet.", code="not_checked")
    path = file_of(upload)
    if not path.exists():
        raise Conflict("The file has been deleted meanwhile. Upload it again.", code="file_gone")
    _touch(upload, campaign_name=campaign[:NAME_LENGTH])
    arguments = {
        "upload": upload.pk,
        "campaign": campaign,
        "rest": rest,
        "rows": reading_of(upload).rows,
        "stated": upload.stated,
        "mapping": mapping_of(upload).model_dump(mode="json"),
        "choices": upload.choices,
    }
    with path.open("rb") as stream:
        file = UploadedFile(File(stream), name=upload.file_name, size=upload.size)
        return request_import(kind=ITEMS, arguments=arguments, files=[("file", file)], actor=actor)


class TableUploads(JobKind[TableUpload]):
    """Reads uploaded tables, and checks their rows."""

    model = TableUpload
    lease_setting = "IMPORT_LEASE_SECONDS"
    doing = "read this table"

    def run(self, job: TableUpload) -> None:
        """Raises ImportRefused: the file holds no table, or not as it is stated."""
        if _is_small(job):
            self._read(job, Heartbeat(job))
            return
        with ThreadHeartbeat(job) as heartbeat:
            self._read(job, heartbeat)

    @staticmethod
    def _read(job: TableUpload, heartbeat: Heartbeat) -> None:
        rows_done = partial(_tell, heartbeat)
        stated, path = stated_layout(job.stated), file_of(job)
        if not path.exists():
            raise NotFound("The file has been deleted. Upload it again.", code="file_gone")
        if job.phase == UploadPhase.READING:
            finish(job, reading=read_table(path, job.file_name, stated, rows_done).dumped())
            return
        mapping = mapping_of(job)
        with stored_table(path, job.file_name, stated, rows_done) as (table, replacements):
            checked = checked_table(table, mapping, choices_of(job))
            columns = [column.name for column in reading_of(job).columns]
            notes = [*table.notes, *replacements.notes()]
        finish(job, outcome=outcome_of(checked, mapping, columns, notes).dumped())

    def sweep(self) -> None:
        """Also deletes the uploads that nobody goes on with."""
        super().sweep()
        prune_uploads()


def prune_uploads() -> None:
    """Delete uploads that nobody goes on with, with their files."""
    for upload in abandoned_uploads(settings.IMPORT_KEEP_SECONDS):
        with transaction.atomic():
            deleted, _ = abandoned_uploads(settings.IMPORT_KEEP_SECONDS).filter(pk=upload.pk).delete()
            if deleted:
                delete_files(upload.folder)


def _tell(heartbeat: Heartbeat, rows: int) -> None:
    heartbeat.tell(rows_done=rows)


def _check_number(owner: User) -> None:
    if TableUpload.objects.filter(requested_by=owner).count() >= MOST_UPLOADS:
        raise Conflict(
            f"You have {MOST_UPLOADS} uploaded tables already. Delete one, or wait: files that nobody goes on with are "
            "deleted after a day.",
            code="too_many_uploads",
        )


def _again(upload: TableUpload, phase: UploadPhase, **columns: object) -> TableUpload:
    """Queue a phase of an upload that no worker has. Raises Conflict."""
    finished = [UploadStatus.READY, UploadStatus.REFUSED, UploadStatus.FAILED]
    with transaction.atomic():
        rows = TableUpload.objects.filter(pk=upload.pk, status__in=finished, attempts=upload.attempts)
        if not rows.update(
            status=UploadStatus.QUEUED,
            phase=phase,
            outcome=None,
            failure="",
            failure_code="",
            lost_workers=0,
            finished_at=None,
            rows_done=0,
            changed_at=timezone.now(),
            **columns,
        ):
            raise Conflict("The file is being read. Wait until that is done.", code="being_read")
        upload.refresh_from_db()
        _enqueue_large(upload)
    _touch(upload)
    return _at_once(upload)


def _touch(upload: TableUpload, **columns: object) -> None:
    """Its owner goes on with it, so the day begins again, for the row and for the folder."""
    TableUpload.objects.filter(pk=upload.pk).update(changed_at=timezone.now(), **columns)
    folder = Path(settings.IMPORT_ROOT) / upload.folder
    if folder.exists():
        os.utime(folder)


def _is_small(upload: TableUpload) -> bool:
    limit: int = settings.TABLE_AT_ONCE_BYTES
    return upload.size <= limit


def _enqueue_large(upload: TableUpload) -> None:
    if not _is_small(upload):
        enqueue(upload)


def _at_once(upload: TableUpload) -> TableUpload:
    """Read a small file in this request. Where that is cut short, the sweep has a worker do it."""
    return run_job(upload) if _is_small(upload) else upload
