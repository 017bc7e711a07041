"""The database's schema, for commands that come before `manage.py up` or after an update of the program."""

from collections.abc import Callable

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

LOCK = 0x50455247
"""An advisory lock of PostgreSQL: two commands that start at once migrate one after the other."""


def is_behind() -> bool:
    """Whether migrations of this release are missing in the database."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def bring_up_to_date(say: Callable[[str], object] = lambda text: None) -> None:
    """Apply what is missing, if anything is."""
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
