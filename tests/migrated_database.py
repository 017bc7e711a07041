"""A database with all migrations, which stays in the tests' PostgreSQL: copying it is faster than migrating again."""

import hashlib
import importlib
from contextlib import closing

import django
import psycopg
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from psycopg.sql import SQL, Identifier

PREFIX = "migrated_"
UNFINISHED = "unfinished_migrations"


def migrated_database(server: dict[str, object]) -> str:
    """The name of a database with the present migrations, made if absent; others of the kind are dropped.

    It holds nothing but what migrations write: Django adds the rest to each copy, with the present code.
    """
    name = PREFIX + _fingerprint()
    with closing(psycopg.connect(**server, dbname="postgres", autocommit=True)) as admin:  # type: ignore[arg-type]
        rows = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{PREFIX}%"])
        there = {row[0] for row in rows}
        if name not in there:
            for old in (*there, UNFINISHED):
                admin.execute(SQL("DROP DATABASE IF EXISTS {}").format(Identifier(old)))
            admin.execute(SQL("CREATE DATABASE {}").format(Identifier(UNFINISHED)))
            _migrate(UNFINISHED)
            renaming = SQL("ALTER DATABASE {} RENAME TO {}")
            admin.execute(renaming.format(Identifier(UNFINISHED), Identifier(name)))
    return name


def _fingerprint() -> str:
    """Of what the migrations do: their own source, and Django's version."""
    digest = hashlib.sha256()
    executor = MigrationExecutor(None)
    for key, migration in sorted(executor.loader.disk_migrations.items()):
        module = importlib.import_module(migration.__module__)
        assert module.__file__
        with open(module.__file__, "rb") as source:
            digest.update(f"{key}".encode() + source.read())
    digest.update(django.__version__.encode())
    return digest.hexdigest()[:16]


def _migrate(database: str) -> None:
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual
