#!/usr/bin/env python
"""Django's command line, with the embedded services under it while a command runs."""

import contextlib
import os
import signal
import sys

# `up` starts them itself, after it has looked whether it may run at all.
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


def needs_services(arguments: list[str]) -> bool:
    command = next((argument for argument in arguments if not argument.startswith("-")), "help")
    if command in WITHOUT_SERVICES or {"-h", "--help", "--version"} & set(arguments):
        return False
    return command != "check" or "--database" in arguments


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
    try:
        with embedded.ensure_running() if needs_services(sys.argv[1:]) else contextlib.nullcontext():
            execute_from_command_line(sys.argv)
    except embedded.ServiceDidNotStart as error:
        sys.exit(f"manage.py: {error}")


if __name__ == "__main__":
    main()
