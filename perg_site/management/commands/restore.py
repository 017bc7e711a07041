"""Put a backup in the place of the embedded database: `manage.py restore FILE`, or `make restore FILE=...`."""

import fcntl
from argparse import ArgumentParser
from pathlib import Path

from django.core.cache import cache
from django.core.management import BaseCommand, CommandError

from annotations.exports.services import expire_missing
from perg_site import embedded
from perg_site.deployment.secret_files import environment_value
from perg_site.embedded.backups import BEFORE, BackupFailed, restore


class Command(BaseCommand):
    help = "Put a backup in the place of the embedded database, which is kept aside. The site must not run."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "path", type=Path, help="a file that `manage.py backup` or `pg_dump -Fc` has written"
        )

    def handle(self, *, path: Path, **_: object) -> None:
        if environment_value("DATABASE_URL"):
            raise CommandError(
                "DATABASE_URL names a server of your own: restore it with pg_restore (docs/deployment.md)."
            )
        home = embedded.home()
        site = embedded.try_lock(home / "up.lock", fcntl.LOCK_EX)
        if site is None:
            raise CommandError("PERG is running on this data: stop it first (Ctrl-C where it runs).")
        with site:
            try:
                restore(home, path, self.stdout.write)
            except BackupFailed as error:
                raise CommandError(str(error)) from error
        cache.clear()  # It knows the other database; messages to workers go, too, which the sweep sends again.
        gone = expire_missing()
        self.stdout.write(f"Restored. The database as it was before is still there, as {BEFORE}.")
        if gone:
            self.stdout.write(
                f"{gone} exported files are not on this machine: their exports can be made again."
            )
