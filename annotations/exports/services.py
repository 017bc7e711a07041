"""Exports: jobs that a person requests, written to files by a worker, kept for a while.

Each claim of an export writes a file of its own, which gets its place by a rename; so an export may be queued twice or
lose its worker to a kill, and its file is whole or not there.
"""

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from annotations.exports.selectors import expired_exports
from annotations.exports.tables.columns import Scope, Table
from annotations.exports.tables.scopes import checked_scope, exportable_table, source_for, stored_filters
from annotations.exports.writers.dataset_folder import folder_facts, write_folder
from annotations.exports.writers.manifest import manifest_of
from annotations.exports.writers.writing import EXTENSIONS, write
from annotations.models import Export
from annotations.models.export import ExportFormat, ExportStatus, RaterNames
from core.audit.writing import record as audit
from core.errors import Conflict, DomainError, NotFound
from core.jobs.heartbeat import Heartbeat
from core.jobs.kinds import JobKind
from core.jobs.leasing import ClaimLost, enqueue, finish, queue_again
from core.models import User

MOST_UNFINISHED = 5
"""Exports that a person may wait for at the same time."""
PART = ".part"
FILE_MODE = stat.S_IRUSR | stat.S_IWUSR
FOLDER_MODE = FILE_MODE | stat.S_IXUSR


@transaction.atomic
def request_export(
    *,
    requested_by: User,
    table: str,
    format: str,
    filters: Mapping[str, object] | None = None,
    raters: str = "",
    licence: str = "",
) -> Export:
    """Have a worker write a table, or a gold release, to a file.

    `raters` left empty: pseudonyms in a dataset folder, which is made to be passed on, user names elsewhere. Raises
    NotFound for what the person may not see, DomainError with the field for what cannot be read, and Conflict where
    too many exports of theirs are under way.
    """
    exportable = exportable_table(requested_by, table)
    scope = checked_scope(requested_by, exportable, filters or {})
    # One request at a time for each person, so that the limit holds.
    User.objects.select_for_update(no_key=True).get(pk=requested_by.pk)
    if Export.objects.unfinished().filter(requested_by=requested_by).count() >= MOST_UNFINISHED:
        raise Conflict(
            f"{MOST_UNFINISHED} exports of yours are under way; ask again when one is ready.",
            code="too_many_exports",
        )
    export = Export.objects.create(
        requested_by=requested_by,
        table=exportable.name,
        filters=stored_filters(scope),
        format=known_format(format),
        raters=known_raters(raters, format),
        licence=licence.strip()[:60],
        campaign=scope.campaign,
        release=scope.release,
    )
    _note("requested", export, actor=requested_by)
    enqueue(export)
    return export


@transaction.atomic
def retry_export(*, export: Export, actor: User) -> Export:
    """Have an export written again that failed, or whose file has expired. Raises Conflict for any other."""
    queue_again(
        export,
        refusal="Only an export that failed or expired can be made again.",
        rows_expected=None,
        size=None,
        checksum="",
        manifest=None,
        expires_at=None,
    )
    _note("retried", export, actor=actor)
    return export


@transaction.atomic
def discard_export(*, export: Export, actor: User) -> Export:
    """Take away an export's file before its time. Raises Conflict where there is none."""
    if not _expire(Export.objects.filter(pk=export.pk, status=ExportStatus.READY)):
        raise Conflict("There is no file to take away.", code="no_file")
    export.refresh_from_db()
    _note("discarded", export, actor=actor)
    return export


class ExportJobs(JobKind[Export]):
    """Writes the files of exports."""

    model = Export
    lease_setting = "EXPORT_LEASE_SECONDS"
    doing = "wrote this file"

    def run(self, export: Export) -> None:
        path = _path(export)
        part = path.with_name(path.name + PART)
        _make_folder(part.parent)
        try:
            manifest = _write_part(export, part)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
        try:
            finish(
                export,
                rows=manifest["rows"],
                size=manifest["bytes"],
                checksum=manifest["sha256"],
                manifest=manifest,
                file=path.name,
                expires_at=timezone.now() + timedelta(days=settings.EXPORT_DAYS),
            )
        except ClaimLost:
            path.unlink(missing_ok=True)
            raise

    def ended(self, export: Export) -> None:
        _note("written" if export.status == ExportStatus.READY else "failed", export, actor=None)


def prune_exports() -> int:
    """Take away the files whose time is over and what killed workers left; the number of exports that expired."""
    expired = _expire(expired_exports())
    root, patience = _root(), timezone.now() - 2 * ExportJobs().lease
    if not root.is_dir():
        return expired
    stored = set(Export.objects.exclude(file="").values_list("file", flat=True))
    for path in root.iterdir():
        # A file just renamed is not on its row yet, and one being written was changed a moment ago.
        if path.name in stored or not OWN_FILE.fullmatch(path.name):
            continue
        with contextlib.suppress(FileNotFoundError):
            facts = path.lstat()
            if stat.S_ISREG(facts.st_mode) and facts.st_mtime < patience.timestamp():
                path.unlink()
    return expired


def expire_missing() -> int:
    """Let exports expire whose files are gone, as after a backup was restored; how many there were."""
    ready = Export.objects.filter(status=ExportStatus.READY).exclude(file="")
    missing = [key for key, name in ready.values_list("pk", "file") if not (_root() / name).is_file()]
    return _expire(ready.filter(pk__in=missing))


def file_of(export: Export) -> Path:
    """Where the file of an export that is ready lies. Raises NotFound where its name is none that exports have."""
    if not OWN_FILE.fullmatch(export.file):
        raise NotFound("The file of this export is gone.")
    return _root() / export.file


def known_format(format: str) -> ExportFormat:
    """Raises DomainError for an unknown one."""
    if format not in ExportFormat.values:
        raise DomainError(f"A format is one of {', '.join(ExportFormat.values)}.", field="format")
    return ExportFormat(format)


def known_raters(raters: str, format: str) -> RaterNames:
    """How people are called; as is usual for the format where nothing was said. Raises DomainError."""
    if not raters:
        return RaterNames.PSEUDONYMS if format == ExportFormat.DATASET else RaterNames.NAMES
    if raters not in RaterNames.values:
        raise DomainError("Raters go by names or by pseudonyms.", field="raters")
    return RaterNames(raters)


def _write_part(export: Export, part: Path) -> dict[str, Any]:
    """Write the file and say what is in it. Checked again: who requested it may have lost the campaign meanwhile."""
    table = exportable_table(export.requested_by, export.table)
    scope = checked_scope(export.requested_by, table, export.filters)
    source = source_for(table, scope, export.raters)
    beat = Heartbeat(export)
    beat.tell(rows_expected=source.count(settings.EXPORT_COUNTED_ROWS))
    written = 0
    with open(part, "wb", opener=_private) as file:
        if export.format == ExportFormat.DATASET:
            facts = folder_facts(table, scope, export.raters, export.licence)
            progress = write_folder(source, facts, file)
        else:
            progress = write(source, ExportFormat(export.format), file)
        for written in progress:
            beat.tell(rows=written)
        file.flush()
        os.fsync(file.fileno())
    with part.open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    return manifest_of(export, table, source, rows=written, size=part.stat().st_size, checksum=checksum)


def _expire(ready: QuerySet[Export]) -> int:
    """Let exports go: their rows stay, to be made again, their files do not."""
    gone = 0
    for key, name in list(ready.values_list("pk", "file")):
        held = Export.objects.filter(pk=key, status=ExportStatus.READY, file=name)
        if held.update(status=ExportStatus.EXPIRED, file="", expires_at=timezone.now()):
            gone += 1
            if not OWN_FILE.fullmatch(name):
                continue
            path = _root() / name
            transaction.on_commit(lambda path=path: path.unlink(missing_ok=True))  # type: ignore[misc]
    return gone


def _path(export: Export) -> Path:
    """Where this claim's file goes. Each request and each claim has a place of its own."""
    began: datetime = export.created_at
    name = f"{export.pk}-{began:%Y%m%d%H%M%S}-{export.attempts}.{EXTENSIONS[ExportFormat(export.format)]}"
    return _root() / name


# What `_path` makes, and a file that is being written. Anything else in the folder is a stranger's.
OWN_FILE = re.compile(
    rf"\d+-\d{{14}}-\d+\.(?:{'|'.join(map(re.escape, EXTENSIONS.values()))})(?:{re.escape(PART)})?"
)


def _make_folder(folder: Path) -> None:
    """Make the folder of exports, closed to other users whatever the umask."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(FOLDER_MODE)


def _private(path: str, flags: int) -> int:
    """Open a file of an export: a new one, never through a link, that only we may read."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW, FILE_MODE)
    os.fchmod(descriptor, FILE_MODE)
    return descriptor


def _root() -> Path:
    return Path(settings.EXPORT_ROOT)


def _note(what: str, export: Export, *, actor: User | None) -> None:
    details: dict[str, object] = {
        "table": export.table,
        "format": export.format,
        "raters": export.raters,
        **({"filters": export.filters} if export.filters else {}),
    }
    if what == "written":
        details |= {"rows": export.rows, "checksum": export.checksum}
    if what == "failed":
        details["failure"] = export.failure
    audit(f"export.{what}", actor=actor, scope=export.campaign, subject=export, **details)


def note_streamed(*, user: User, scope: Scope, table: Table, format: str) -> None:
    """Write to the log that somebody takes a table away at once, without an export."""
    audit(
        "export.streamed",
        actor=user,
        scope=scope.campaign,
        table=table.name,
        format=format,
        filters=stored_filters(scope),
    )
