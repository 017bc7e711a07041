"""A real Celery worker is killed with -9 while it writes an export: another one writes it whole."""

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from django.db import connection
from django.utils import timezone

from annotations.exports.services import request_export
from annotations.models import Export
from core.models import AuditEvent
from tests import build
from tests.live import Worker, kill_worker, killable_workers, wait_until
from tests.sizes import EXPORTED_ROWS as ROWS

pytestmark = pytest.mark.slow

EVENTS = """
    INSERT INTO core_auditevent (at, action, scope, subject, details)
    SELECT now(), 'test.made', '', '', jsonb_build_object('n', n) FROM generate_series(1, %s) AS n
"""


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Callable[[], Worker]]:
    """Starts Celery workers with a short lease and files in a folder of their own."""
    with killable_workers(
        tmp_path,
        queues="default",
        processes=1,
        EXPORT_ROOT=str(tmp_path / "exports"),
        PERG_EXPORT_LEASE_SECONDS="3",
    ) as start:
        yield start


@pytest.mark.django_db(transaction=True)
def test_after_kill_9_an_export_is_written_whole_by_the_next_worker(
    worker: Callable[[], Worker], tmp_path: Path
) -> None:
    admin = build.person("admin", staff=True)
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, [ROWS])
    export = request_export(
        requested_by=admin, table="audit_log", format="csv", filters={"action": "test.made"}
    )
    folder = tmp_path / "exports"

    def half_written() -> bool:
        return folder.is_dir() and any(path.stat().st_size > 100_000 for path in folder.glob("*.part"))

    first = worker()
    wait_until(half_written)
    kill_worker(first)
    export.refresh_from_db()
    assert (export.status, export.file) == ("running", ""), "the kill came too late to show anything"
    (left,) = folder.glob("*.part")

    worker()
    wait_until(lambda: Export.objects.get(pk=export.pk).status == "ready")
    export.refresh_from_db()
    assert (export.rows, export.attempts) == (ROWS, 2)
    written = pl.read_csv(folder / export.file)
    assert (written.height, written["event"].n_unique()) == (ROWS, ROWS)
    assert AuditEvent.objects.filter(action="export.written").count() == 1
    assert left.name != f"{export.file}.part", "the half of the first claim is in nobody's way"
    assert export.expires_at is not None
    assert export.expires_at > timezone.now()
