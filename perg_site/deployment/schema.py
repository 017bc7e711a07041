"""The database's schema, for commands that come before `manage.py up` or after an update of the program."""

from collections.abc import Callable

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

LOCK = 0x50455247
"""An advisory lock of PostgreSQL: two commands that start at once migrate one after the other."""


class PreviewDatabase(RuntimeError):
    """The database was made by a version from before the first release, whose tables are other ones."""

    def __init__(self) -> None:
        super().__init__(
            "This database was made by a version of PERG from before 0.1.0, which cannot be brought up to date. "
            "Export what you need with that version, then start with an empty database: set PERG_HOME to a new "
            "folder (or DATABASE_URL to a new database)."
        )


def is_of_a_preview(applied: set[tuple[str, str]]) -> bool:
    """Whether these migrations (app, name) are those of a version from before 0.1.0: it had no `core`."""
    apps = {app for app, _ in applied}
    return "annotations" in apps and "core" not in apps


def is_behind() -> bool:
    """Whether migrations of this release are missing in the database. Raises PreviewDatabase."""
    executor = MigrationExecutor(connection)
    if is_of_a_preview(set(executor.loader.applied_migrations)):
        raise PreviewDatabase
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def bring_up_to_date(say: Callable[[str], object] = lambda text: None) -> None:
    """Apply what is missing, if anything is. Raises PreviewDatabase."""
    if not is_behind():
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            if is_behind():
                say("Bringing the schema of the database up to date ...")
                call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def unknown_to_this_release(applied: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of applied migrations (app, name), those of a newer release, which this one cannot work with."""
    loader = MigrationLoader(None)
    replaced = {old for migration in loader.disk_migrations.values() for old in migration.replaces}
    apps = {app for app, _ in loader.disk_migrations}
    return {(app, name) for app, name in applied if app in apps} - set(loader.disk_migrations) - replaced
