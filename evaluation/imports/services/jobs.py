"""Imports: jobs that a person requests with files.

What is imported and the end of the job are one transaction, so that the files are imported once or not at all.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from core.audit.writing import record
from core.errors import Conflict, DomainError
from core.jobs.heartbeat import ThreadHeartbeat
from core.jobs.kinds import JobKind
from core.jobs.leasing import enqueue, finish, queue_again
from core.models import User
from evaluation.imports.kinds import ImportSource, kind_called
from evaluation.imports.selectors import abandoned_jobs
from evaluation.imports.services.files import delete_files, delete_strays, store_files, stored_files
from evaluation.models import ImportJob
from evaluation.models.import_job import ImportStatus

MOST_UNFINISHED = 20
"""Imports that a person may wait for at the same time."""
FILES_FIELD = "file"

Upload = tuple[str, UploadedFile[bytes]]
"""The field that a file came in, and the file."""


def request_import(
    *, kind: str, arguments: Mapping[str, Any], files: Sequence[Upload], actor: User
) -> ImportJob:
    """Store files, and have a worker import them. Raises Conflict where too many imports of the person are unfinished.

    The caller has checked that the person may, and the files' sizes.
    """
    _check_number(actor)  # before anything is copied, which takes a while
    folder, facts = store_files(files)
    job = ImportJob(
        kind=kind_called(kind).name,
        arguments=dict(arguments),
        files=facts,
        folder=folder,
        bytes_total=sum(file["size"] for file in facts),
        requested_by=actor,
    )
    try:
        with transaction.atomic():
            # One request at a time for each person, so that the limit holds.
            User.objects.select_for_update(no_key=True).get(pk=actor.pk)
            _check_number(actor)
            job.save()
            enqueue(job)
            names = [file["name"] for file in facts]
            record("import.requested", actor=actor, subject=job, kind=job.kind, files=names)
    except Conflict:
        delete_files(folder)
        raise
    return job


@transaction.atomic
def retry_import(*, job: ImportJob, actor: User) -> ImportJob:
    """Have an import run again that failed. Raises Conflict for any other."""
    queue_again(job, refusal="Only an import that failed can be retried, within a day.")
    record("import.retried", actor=actor, subject=job, kind=job.kind)
    return job


class ImportJobs(JobKind[ImportJob]):
    """Imports files."""

    model = ImportJob
    lease_setting = "IMPORT_LEASE_SECONDS"
    doing = "imported this"

    def run(self, job: ImportJob) -> None:
        """Raises what the importer does."""
        with ThreadHeartbeat(job) as heartbeat, transaction.atomic():
            source = ImportSource(
                files=stored_files(job),
                arguments=job.arguments,
                actor=job.requested_by,
                progress=lambda done, total: heartbeat.tell(bytes_done=_share(job, done, total)),
            )
            finish(job, report=kind_called(job.kind).run(source))

    def refusal_columns(self, job: ImportJob, error: DomainError) -> Mapping[str, object]:
        return {
            "failure_field": (error.field or "")[:60],
            "problems": kind_called(job.kind).problems(error),
        }

    def ended(self, job: ImportJob) -> None:
        """Deletes files that nobody will read again. A failed import keeps them for a retry."""
        if job.status != ImportStatus.FAILED:
            _discard(job)


def prune_imports() -> None:
    """Delete files that no job will read again."""
    for job in abandoned_jobs(settings.IMPORT_KEEP_SECONDS):
        _discard(job)
    delete_strays(settings.IMPORT_KEEP_SECONDS)


def _check_number(requested_by: User) -> None:
    """Raise Conflict where a person waits for as many imports as one may."""
    if ImportJob.objects.unfinished().filter(requested_by=requested_by).count() >= MOST_UNFINISHED:
        raise Conflict(
            f"{MOST_UNFINISHED} of your imports are not finished. Wait until one is.", code="too_many_imports"
        )


def _share(job: ImportJob, done: int, total: int) -> int:
    return job.bytes_total if not total else min(job.bytes_total * done // total, job.bytes_total)


def _discard(job: ImportJob) -> None:
    """Delete the files of a finished job."""
    folder, job.folder = job.folder, ""
    finished = ImportJob.objects.filter(pk=job.pk, folder=folder, finished_at__isnull=False)
    if folder and finished.update(folder=""):
        delete_files(folder)
