"""Backups of the embedded PostgreSQL: a dump in a file, and a restore that leaves the old database until it is whole.

Exported files are in no backup: exports can be made again from the database. Nor is the secret key.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql

from perg_site.deployment import schema
from perg_site.embedded import postgres
from perg_site.embedded.log_files import PRIVATE
from perg_site.embedded.service import socket_folder

FRESH = f"{postgres.DATABASE}_restoring"
BEFORE = f"{postgres.DATABASE}_before_restore"
MANAGE = Path(__file__).resolve().parents[2] / "manage.py"


class BackupFailed(Exception):
    """A backup or a restore was not made. The message says why, and that nothing has changed."""


def back_up(home: Path, path: Path) -> None:
    """Write a dump of the database to a new file, for its owner alone. The site may run meanwhile."""
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as file:
            # Not to standard output: a dump there ends with its table of contents twice.
            _run(home, "pg_dump", "--format=custom", f"--file={part}", f"--dbname={postgres.DATABASE}")
            os.fsync(file.fileno())
        _check_dump(home, part)
        part.replace(path)
    except OSError as error:
        raise BackupFailed(f"{path} could not be written: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)


def restore(home: Path, path: Path, say: Callable[[str], object] = lambda text: None) -> None:
    """Put the database of a backup in the place of the present one. Nobody else may use the database.

    It is restored and brought up to date beside the present one, which is renamed, not deleted, when that is done.
    """
    _check_dump(home, path)
    with _connect(home, "postgres") as connection:
        _drop(connection, FRESH)
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(FRESH)))
        try:
            say(f"Restoring {path} ...")
            options = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges")
            _run(home, "pg_restore", *options, f"--dbname={FRESH}", str(path))
            _check_release(home)
            say("Bringing its schema up to date ...")
            _migrate(home)
            _swap(connection)
        finally:
            _drop(connection, FRESH)


def _check_dump(home: Path, path: Path) -> None:
    if not path.is_file():
        raise BackupFailed(f"There is no file {path}.")
    # The list is at the beginning; only reading it all shows whether the rest is there.
    _run(home, "pg_restore", "--file=/dev/null", str(path))


def _check_release(home: Path) -> None:
    with _connect(home, FRESH) as connection:
        try:
            rows = connection.execute("SELECT app, name FROM django_migrations").fetchall()
        except psycopg.errors.UndefinedTable as error:
            raise BackupFailed("This is no backup of PERG. Nothing has changed.") from error
    applied = {(str(app), str(name)) for app, name in rows}
    if schema.is_of_a_preview(applied):
        raise BackupFailed("The backup was made by a version from before 0.1.0. Nothing has changed.")
    if unknown := schema.unknown_to_this_release(applied):
        app, name = sorted(unknown)[-1]
        raise BackupFailed(
            f"The backup was made by a newer release ({app} {name}): update the program first. Nothing has changed."
        )


def _migrate(home: Path) -> None:
    server, _ = postgres.url(home).rsplit("/", 1)
    migrated = subprocess.run(
        [sys.executable, str(MANAGE), "migrate", "--no-input", "--verbosity=0"],
        env=os.environ | {"PERG_HOME": str(home), "DATABASE_URL": f"{server}/{FRESH}"},
        capture_output=True,
        text=True,
        check=False,
    )
    if migrated.returncode:
        lines = migrated.stderr.strip().splitlines() or ["no reason was given"]
        raise BackupFailed(f"The backup could not be brought up to date: {lines[-1]}. Nothing has changed.")


def _swap(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    _drop(connection, BEFORE)
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    try:
        with connection.transaction():
            for old, new in ((postgres.DATABASE, BEFORE), (FRESH, postgres.DATABASE)):
                connection.execute(rename.format(sql.Identifier(old), sql.Identifier(new)))
    except psycopg.errors.ObjectInUse as error:
        raise BackupFailed(
            "Another program is connected to the database: end it and try again. Nothing has changed."
        ) from error


def _drop(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _connect(home: Path, database: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=str(socket_folder(home)),
        port=postgres.PORT,
        user=postgres.SUPERUSER,
        dbname=database,
        autocommit=True,
    )


def _run(home: Path, program: str, *arguments: str) -> None:
    where = [f"--host={socket_folder(home)}", f"--port={postgres.PORT}", f"--username={postgres.SUPERUSER}"]
    # What is set at the keyboard (PGHOST, PGPASSWORD, PGOPTIONS) is not for the embedded server.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    done = subprocess.run(
        [str(postgres.programs() / program), *where, "--no-password", *arguments],
        env=environment | {"LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason was given"]
        raise BackupFailed(f"{lines[0]}. Nothing has changed.")
