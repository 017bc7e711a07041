"""Write a backup of the embedded database: `manage.py backup`, or `make backup`."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path

from django.core.management import BaseCommand, CommandError

from perg_site import embedded
from perg_site.deployment.secret_files import environment_value
from perg_site.embedded.backups import BackupFailed, back_up


class Command(BaseCommand):
    help = "Write the embedded database to a file. The site may run. Exported files are not in it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, help="default: backups/perg-TIME.dump in PERG_HOME")

    def handle(self, *, path: Path | None, **_: object) -> None:
        if environment_value("DATABASE_URL"):
            raise CommandError(
                "DATABASE_URL names a server of your own: back it up with pg_dump (docs/deployment.md)."
            )
        home = embedded.home()
        path = path or home / "backups" / f"perg-{datetime.now(UTC):%Y%m%dT%H%M%S}.dump"
        if path.exists():
            raise CommandError(f"{path} is there already.")
        try:
            back_up(home, path)
        except BackupFailed as error:
            raise CommandError(f"There is no backup: {error}") from error
        self.stdout.write(
            f"{path} ({path.stat().st_size:,} bytes). Put it back with: make restore FILE={path}"
        )
