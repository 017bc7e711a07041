"""Imports: requested by a person with files, run by a worker.

A job is claimed for a while by a conditional update, and `attempts` is the claim's number. What is imported and the end
of the job are one transaction, in which the claim is checked again: so a job may be queued twice, taken up by two
workers, or lose its worker to a kill, and its files are imported once.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from core.errors import Conflict, DomainError
from core.jobs.broken_off import why_it_broke_off
from core.jobs.heartbeat import Heartbeat
from core.jobs.wake import wake
from core.models import User
from evaluation.imports.kinds import ImportSource, kind_called
from evaluation.imports.selectors import abandoned_jobs
from evaluation.imports.services.files import delete_files, delete_strays, store_files, stored_files
from evaluation.models import ImportJob
from evaluation.models.import_job import UNFINISHED, ImportStatus

RUN = "evaluation.imports.tasks.run_import"
MAX_ATTEMPTS = 3
"""A job whose worker was lost so often is given up: it may be what kills the worker."""
MOST_UNFINISHED = 20
"""Imports that a person may wait for at the same time."""
BROKEN_OFF, WORKER_LOST = "broken_off", "worker_lost"
FILES_FIELD = "file"

logger = logging.getLogger(__name__)

Upload = tuple[str, UploadedFile[bytes]]
"""The field that a file came in, and the file."""


def request_import(
    *, kind: str, arguments: Mapping[str, Any], files: Sequence[Upload], requested_by: User
) -> ImportJob:
    """Store files, and have a worker import them. Raises Conflict where too many imports of the person are unfinished.

    The caller has checked that the person may, and the files' sizes.
    """
    _check_number(requested_by)  # before anything is copied, which takes a while
    folder, facts = store_files(files)
    job = ImportJob(
        kind=kind_called(kind).name,
        arguments=dict(arguments),
        files=facts,
        folder=folder,
        bytes_total=sum(file["size"] for file in facts),
        requested_by=requested_by,
    )
    try:
        with transaction.atomic():
            # One request at a time for each person, so that the limit holds.
            User.objects.select_for_update(no_key=True).get(pk=requested_by.pk)
            _check_number(requested_by)
            job.save()
            wake(RUN, job.pk)
    except Conflict:
        delete_files(folder)
        raise
    return job


@transaction.atomic
def retry_import(*, job: ImportJob) -> ImportJob:
    """Have an import run again that failed. Raises Conflict for any other."""
    again = ImportJob.objects.filter(pk=job.pk, status=ImportStatus.FAILED).exclude(folder="")
    if not again.update(
        status=ImportStatus.QUEUED, failure="", failure_code="", bytes_done=0, finished_at=None
    ):
        raise Conflict("Only an import that failed can be retried, within a day.", code="not_retryable")
    job.refresh_from_db()
    wake(RUN, job.pk)
    return job


def run_import(*, job: ImportJob) -> ImportJob:
    """Import the files of a queued job, or of one whose worker was lost; any other job is left as it is.

    Raises what the importer does.
    """
    if not _claim(job):
        job.refresh_from_db()
        return job
    beat = Heartbeat(lambda facts: _held(job).update(leased_until=_lease_end(), **facts), of=job)
    try:
        with beat, transaction.atomic():
            source = ImportSource(
                files=stored_files(job),
                arguments=job.arguments,
                actor=job.requested_by,
                progress=lambda done, total: beat.tell(bytes_done=_share(job, done, total)),
            )
            _finish(job, status=ImportStatus.DONE, report=kind_called(job.kind).run(source))
    except _ClaimLost:
        logger.warning("The claim on %s was lost: what it wrote is undone.", job)
    job.refresh_from_db()
    if not job.is_unfinished:
        _discard(job)
    return job


def fail_import(*, job: ImportJob, error: BaseException) -> ImportJob:
    """Note that this import, by the claim that `job` has, was refused or failed with an error."""
    if isinstance(error, DomainError):
        end: dict[str, object] = {
            "status": ImportStatus.REFUSED,
            "failure": error.message,
            "failure_code": error.code[:60],
            "failure_field": (error.field or "")[:60],
            "problems": kind_called(job.kind).problems(error),
        }
    else:
        end = {
            "status": ImportStatus.FAILED,
            "failure": why_it_broke_off(error),
            "failure_code": BROKEN_OFF,
        }
    try:
        _finish(job, **end)
    except _ClaimLost:
        logger.warning("The claim on %s was lost.", job)
    job.refresh_from_db()
    if job.status == ImportStatus.REFUSED:
        _discard(job)
    return job


def prune_imports() -> None:
    """Delete files that no job will read again."""
    for job in abandoned_jobs(settings.IMPORT_KEEP_SECONDS):
        _discard(job)
    delete_strays(settings.IMPORT_KEEP_SECONDS)


def _check_number(requested_by: User) -> None:
    """Raise Conflict where a person waits for as many imports as one may."""
    if ImportJob.objects.filter(requested_by=requested_by, status__in=UNFINISHED).count() >= MOST_UNFINISHED:
        raise Conflict(
            f"{MOST_UNFINISHED} of your imports are not finished. Wait until one is.", code="too_many_imports"
        )


class _ClaimLost(Exception):
    """Another worker has taken the job up: this one was silent for longer than its lease."""


def _share(job: ImportJob, done: int, total: int) -> int:
    return job.bytes_total if not total else min(job.bytes_total * done // total, job.bytes_total)


def _discard(job: ImportJob) -> None:
    """Delete the files of a finished job."""
    folder, job.folder = job.folder, ""
    if folder and ImportJob.objects.filter(pk=job.pk, folder=folder).exclude(status__in=UNFINISHED).update(
        folder=""
    ):
        delete_files(folder)


def _claim(job: ImportJob) -> bool:
    """Take the job for a while. What was taken up too often already is given up instead."""
    now = timezone.now()
    free = Q(status=ImportStatus.QUEUED) | Q(status=ImportStatus.RUNNING, leased_until__lt=now)
    waiting = ImportJob.objects.filter(free, pk=job.pk)
    # The number of a claim is never used again, so a retry counts on from where it was.
    lost = waiting.filter(status=ImportStatus.RUNNING).annotate(tried=F("attempts") % MAX_ATTEMPTS)
    lost.filter(tried=0).update(
        status=ImportStatus.FAILED,
        failure=f"The worker was lost {MAX_ATTEMPTS} times while it imported this. It may have run out of memory.",
        failure_code=WORKER_LOST,
        leased_until=None,
        finished_at=now,
    )
    claimed = waiting.update(
        status=ImportStatus.RUNNING, leased_until=_lease_end(), attempts=F("attempts") + 1, bytes_done=0
    )
    job.refresh_from_db()
    return claimed == 1


def _held(job: ImportJob) -> QuerySet[ImportJob]:
    """The job, as long as it is this worker's."""
    return ImportJob.objects.filter(pk=job.pk, status=ImportStatus.RUNNING, attempts=job.attempts)


def _finish(job: ImportJob, **end: object) -> None:
    """Write the end of a job that is still this worker's. Raises _ClaimLost."""
    if not _held(job).update(leased_until=None, finished_at=timezone.now(), **end):
        raise _ClaimLost


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.IMPORT_LEASE_SECONDS)
