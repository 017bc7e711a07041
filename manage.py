#!/usr/bin/env python
"""Django's command line, with the embedded services and a current schema under it while a command runs."""

import contextlib
import os
import signal
import sys

# `up` starts them itself, after it has checked whether it may run at all.
WITHOUT_SERVICES = {
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "startapp",
    "startproject",
    "up",
    "version",
}
# These work with a database as it is, or bring its schema about themselves.
WITHOUT_SCHEMA = WITHOUT_SERVICES | {
    "backup",
    "check",
    "dbshell",
    "inspectdb",
    "makemigrations",
    "migrate",
    "optimizemigration",
    "restore",
    "showmigrations",
    "spectacular",
    "sqlflush",
    "sqlmigrate",
    "sqlsequencereset",
    "squashmigrations",
    "test",
    "testserver",
}


def command_of(arguments: list[str]) -> str:
    """The command, `help` where only help was asked for."""
    if {"-h", "--help", "--version"} & set(arguments):
        return "help"
    return next((argument for argument in arguments if not argument.startswith("-")), "help")


def needs_services(arguments: list[str]) -> bool:
    command = command_of(arguments)
    return command not in WITHOUT_SERVICES and (command != "check" or "--database" in arguments)


def needs_schema(arguments: list[str]) -> bool:
    return command_of(arguments) not in WITHOUT_SCHEMA


def ensure_schema(command: str) -> None:
    """Bring an embedded database up to date; of a server of one's own, say what to run."""
    import django
    from django.core.management import get_commands
    from django.db import OperationalError

    from perg_site.deployment import schema

    django.setup()
    if command not in get_commands():  # Django says so, and which one may be meant.
        return
    try:
        if not os.environ.get("DATABASE_URL"):
            schema.bring_up_to_date(lambda text: sys.stderr.write(f"{text}\n"))
        elif schema.is_behind():
            sys.exit("manage.py: The database lacks tables of this release. Run first: manage.py migrate")
    except schema.PreviewDatabase as error:
        sys.exit(f"manage.py: {error}")
    except OperationalError as error:
        sys.exit(f"manage.py: The database cannot be reached: {str(error).strip().splitlines()[0]}")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perg_site.settings")
    try:
        from django.core.management import execute_from_command_line

        from perg_site import embedded
    except ImportError as error:
        sys.exit(f"A package is missing ({error}): run `make setup`, then .venv/bin/python manage.py")
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM)
    )  # so that the share is given back
    arguments = sys.argv[1:]
    try:
        if command_of(arguments) == "up":
            embedded.open_home()
        with embedded.ensure_running() if needs_services(arguments) else contextlib.nullcontext():
            if needs_schema(arguments):
                ensure_schema(command_of(arguments))
            execute_from_command_line(sys.argv)
    except embedded.ServiceDidNotStart as error:
        sys.exit(f"manage.py: {error}")


if __name__ == "__main__":
    main()
