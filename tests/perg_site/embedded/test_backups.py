"""Backups of the embedded database: restored whole or not at all, whatever the schema they were made with."""

import fcntl
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from perg_site import embedded
from perg_site.embedded.backups import BEFORE, FRESH, _run
from perg_site.embedded.service import socket_folder

REPOSITORY = Path(__file__).resolve().parents[3]
HOME = Path(settings.PERG_HOME)
"""The tests' own server. They use a database of another name, so that `perg` is free here."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db,
    pytest.mark.skipif("DATABASE_URL" in os.environ, reason="needs the embedded server"),
]


def ask(query: str, database: str = "perg") -> list[tuple[object, ...]]:
    with psycopg.connect(
        host=str(socket_folder(HOME)), user="postgres", dbname=database, autocommit=True
    ) as server:
        cursor = server.execute(query)
        return cursor.fetchall() if cursor.description else []


def make_database(name: str) -> None:
    ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", "postgres")
    ask(f"CREATE DATABASE {name}", "postgres")


def dump(database: str, path: Path) -> None:
    _run(HOME, "pg_dump", "--format=custom", f"--file={path}", f"--dbname={database}")


def add_datasets(*names: str) -> None:
    for name in names:
        ask(
            "INSERT INTO evaluation_dataset SELECT (jsonb_populate_record(NULL::evaluation_dataset, "
            "jsonb_build_object('id', nextval(pg_get_serial_sequence('evaluation_dataset', 'id')), "
            f"'name', '{name}', 'created_at', now()) || {EMPTY_VALUES})).*"
        )


# For columns that must have a value, whatever the schema.
EMPTY_VALUES = """(
    SELECT coalesce(jsonb_object_agg(column_name, CASE
        WHEN data_type = 'jsonb' THEN '{}'::jsonb
        WHEN data_type IN ('text', 'character varying') THEN '""'::jsonb
        WHEN data_type = 'boolean' THEN 'false'::jsonb
        ELSE '0'::jsonb END), '{}')
    FROM information_schema.columns
    WHERE table_name = 'evaluation_dataset' AND is_nullable = 'NO' AND column_name NOT IN ('id', 'name', 'created_at')
)"""


def datasets(database: str = "perg") -> list[str]:
    return [str(name) for (name,) in ask("SELECT name FROM evaluation_dataset ORDER BY name", database)]


def databases() -> set[str]:
    return {str(name) for (name,) in ask("SELECT datname FROM pg_database", "postgres")}


def migrate(database: str, *arguments: str) -> str:
    server, _ = embedded.database_url(HOME).rsplit("/", 1)
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "manage.py"), "migrate", *arguments],
        env={**os.environ, "DATABASE_URL": f"{server}/{database}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """A folder for backups, in it one of the current schema with one dataset; and a site that has another one."""
    umask = os.umask(0)
    make_database("perg")
    ask(f"DROP DATABASE IF EXISTS {BEFORE} WITH (FORCE)", "postgres")
    current = tmp_path / "current.dump"
    dump(str(connection.settings_dict["NAME"]), current)
    _run(HOME, "pg_restore", "--exit-on-error", "--no-owner", "--dbname=perg", str(current))
    ask("TRUNCATE evaluation_dataset CASCADE")
    add_datasets("backed up")
    call_command("backup", str(tmp_path / "good.dump"), stdout=StringIO())
    ask("UPDATE evaluation_dataset SET name = 'present'")
    yield tmp_path
    os.umask(umask)
    make_database("perg")
    for name in (BEFORE, FRESH, "other"):
        ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", "postgres")


def test_a_backup_of_the_oldest_schema_restored_into_a_current_site_gives_exactly_its_rows(
    site: Path,
) -> None:
    current = site / "current_site.dump"
    dump("perg", current)
    make_database("perg")
    migrate("perg", "annotations", "0001")  # as the first release left it, with what it needs of evaluation
    add_datasets("from the first release")
    call_command("backup", str(site / "old.dump"), stdout=StringIO())
    make_database("perg")
    _run(HOME, "pg_restore", "--exit-on-error", "--no-owner", "--dbname=perg", str(current))
    add_datasets(*(f"current {number}" for number in range(7)))

    output = StringIO()
    call_command("restore", str(site / "old.dump"), stdout=output)
    assert datasets() == ["from the first release"]
    assert datasets(BEFORE) == [*(f"current {number}" for number in range(7)), "present"]
    assert BEFORE in output.getvalue()
    assert FRESH not in databases()
    assert "No planned migration operations." in migrate("perg", "--plan")


def test_what_was_kept_aside_is_replaced_by_the_next_restore(site: Path) -> None:
    call_command("restore", str(site / "good.dump"), stdout=StringIO())
    assert (datasets(), datasets(BEFORE)) == (["backed up"], ["present"])
    call_command("restore", str(site / "good.dump"), stdout=StringIO())
    assert (datasets(), datasets(BEFORE)) == (["backed up"], ["backed up"])


def _refused(path: Path, reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        call_command("restore", str(path), stdout=StringIO())
    assert datasets() == ["present"]
    assert {FRESH, BEFORE} & databases() == set()


def test_a_backup_that_cannot_be_restored_changes_nothing(site: Path) -> None:
    good = (site / "good.dump").read_bytes()
    middle = len(good) * 3 // 4
    damage = bytes(byte ^ 0xFF for byte in good[middle : middle + 400])
    for name, content in (
        ("cut", good[:middle]),
        ("a byte short", good[:-1]),
        ("flipped", good[:middle] + damage + good[middle + 400 :]),
        ("text", b"SELECT 1;\n"),
        ("empty", b""),
    ):
        (site / name).write_bytes(content)
        _refused(site / name, "Nothing has changed")
    _refused(site / "absent", "There is no file")


def test_a_dump_of_another_program_or_of_a_newer_release_is_refused(site: Path) -> None:
    make_database("other")
    ask("CREATE TABLE a (b int)", "other")
    dump("other", site / "other.dump")
    _refused(site / "other.dump", "This is no backup of PERG")
    ask("CREATE TABLE django_migrations (app text, name text)", "other")
    ask("INSERT INTO django_migrations VALUES ('core', '9999_from_the_future')", "other")
    dump("other", site / "newer.dump")
    _refused(site / "newer.dump", "made by a newer release")
    ask("UPDATE django_migrations SET app = 'annotations', name = '0003_workbench'", "other")
    dump("other", site / "preview.dump")
    _refused(site / "preview.dump", "from before 0.1.0")


def test_nothing_is_restored_while_the_site_runs(site: Path) -> None:
    lock = embedded.try_lock(HOME / "up.lock", fcntl.LOCK_EX)
    assert lock is not None
    with lock:
        _refused(site / "good.dump", "PERG is running")


def test_nothing_is_restored_while_somebody_is_connected(site: Path) -> None:
    with psycopg.connect(host=str(socket_folder(HOME)), user="postgres", dbname="perg"):
        _refused(site / "good.dump", "Another program is connected")


def test_a_backup_is_only_ours_to_read_and_overwrites_none(site: Path) -> None:
    path = site / "new folder" / "a.dump"
    call_command("backup", str(path), stdout=StringIO())
    assert [stat.S_IMODE(place.stat().st_mode) for place in (path, path.parent)] == [0o600, 0o700]
    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", str(path), stdout=StringIO())
    with pytest.raises(CommandError, match="could not be written"):
        call_command("backup", "/proc/a.dump", stdout=StringIO())


@pytest.mark.parametrize("from_a_file", [False, True])
@pytest.mark.parametrize(("command", "arguments"), [("backup", []), ("restore", ["a.dump"])])
def test_with_a_server_of_ones_own_both_commands_say_what_to_use(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, arguments: list[str], from_a_file: bool
) -> None:
    url = "postgres://nobody@127.0.0.1:9/none"
    (tmp_path / "url").write_text(f"{url}\n")
    if from_a_file:
        monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))
    else:
        monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(CommandError, match=r"docs/deployment\.md"):
        call_command(command, *arguments)
