"""Any command may be the first on a machine, or the first after an update of the program."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import get_commands
from django.db import connection

import manage
from perg_site import embedded
from perg_site.embedded import postgres
from perg_site.embedded.service import socket_folder

REPOSITORY = Path(__file__).resolve().parents[3]
OWN_APPS = ("core", "perg_site", "annotations", "evaluation")
# What each command is called with; the files are not there. `up` brings the schema about with the rest.
ARGUMENTS = {
    "create_token": ["nobody"],
    "createsuperuser": ["--no-input", "--username", "ann", "--email", "ann@example.org"],
    "changepassword": ["nobody"],
    "dumpdata": ["evaluation.dataset"],
    "import_catalogue": ["absent.csv", "--name", "c"],
    "import_items": ["absent.csv", "--campaign", "c"],
    "import_questions": ["absent.csv", "--name", "d"],
    "import_ratings": ["--human", "absent.json", "--campaign", "c"],
    "import_recorded_run": ["absent.csv", "--model", "m", "--method", "direct", "--setting", "relevant"],
    "judge_items": ["no such campaign", "--endpoint", "e"],
    "judge_run": ["no such run"],
    "launch_run": [
        "n",
        "--dataset",
        "d",
        "--catalogue",
        "c",
        "--model",
        "m",
        "--method",
        "direct",
        "--setting",
        "relevant",
    ],
    "load_demonstration": [],
    "reset_second_factor": ["nobody"],
    "run_metrics": ["no such run"],
    "train_extractor": ["no such run", "--base", "absent", "--out", "absent"],
    "validation_report": ["no such campaign"],
    "clearsessions": [],
}
WITHOUT_DATABASE = {"backup", "restore", "up"}


def test_every_command_of_the_project_is_tried_here() -> None:
    own = {name for name, app in get_commands().items() if app in OWN_APPS}
    assert own <= set(ARGUMENTS) | WITHOUT_DATABASE


@pytest.mark.parametrize("command", sorted(set(ARGUMENTS)))
def test_a_command_needs_a_current_schema(command: str) -> None:
    assert manage.needs_schema([command, *ARGUMENTS[command]])
    assert not manage.needs_schema([command, "--help"])


def test_commands_that_make_the_schema_do_not_ask_for_it() -> None:
    for command in ("migrate", "makemigrations", "showmigrations", "spectacular", "up", "check", "help"):
        assert not manage.needs_schema([command])


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(REPOSITORY / "manage.py"), *command],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def empty_database(django_db_blocker: object) -> object:
    """The address of a database without a table, on the tests' own server."""
    import psycopg

    address = connection.settings_dict
    with psycopg.connect(
        host=address["HOST"], port=address["PORT"], user=address["USER"], dbname="postgres", autocommit=True
    ) as server:
        server.execute("DROP DATABASE IF EXISTS without_tables WITH (FORCE)")
        server.execute("CREATE DATABASE without_tables")
        yield f"{embedded.database_url(settings.PERG_HOME).rsplit('/', 1)[0]}/without_tables"
        server.execute("DROP DATABASE IF EXISTS without_tables WITH (FORCE)")


@pytest.mark.slow
def test_on_a_server_of_ones_own_a_command_says_in_one_line_what_to_run(empty_database: str) -> None:
    for command in ("import_recorded_run", "validation_report", "createsuperuser"):
        done = run([command, *ARGUMENTS[command]], DATABASE_URL=empty_database, REDIS_URL=settings.REDIS_URL)
        assert done.returncode == 1
        assert done.stderr.strip().splitlines() == [
            "manage.py: The database lacks tables of this release. Run first: manage.py migrate"
        ]


@pytest.mark.slow
def test_a_database_that_is_not_there_is_one_line_too() -> None:
    done = run(["validation_report", "x"], DATABASE_URL="postgres://nobody@127.0.0.1:9/none")
    assert done.returncode == 1
    assert done.stderr.startswith("manage.py: The database cannot be reached: ")
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_on_a_new_machine_and_after_an_update_the_schema_is_brought_up_to_date(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PERG_HOME", str(home))
    with embedded.ensure_running(embedded.home()):  # so that not every command starts the servers
        first = run(["validation_report", "no such campaign"])
        assert "Bringing the schema of the database up to date" in first.stderr
        assert "does not exist" not in first.stderr.replace("no such campaign", "")
        assert "Traceback" not in first.stderr
        for command in ("createsuperuser", "import_recorded_run"):
            done = run([command, *ARGUMENTS[command]])
            assert "relation" not in done.stderr, command
            assert "Bringing" not in done.stderr, command
        assert run(["migrate", "evaluation", "0001"]).returncode == 0
        later = run(["run_metrics", "no such run"])
        assert "Bringing the schema of the database up to date" in later.stderr
        assert "relation" not in later.stderr
        where = str(socket_folder(embedded.home()))
        with psycopg.connect(
            host=where, port=postgres.PORT, user=postgres.SUPERUSER, dbname=postgres.DATABASE
        ) as connection:
            connection.execute("DELETE FROM django_migrations WHERE app = 'core'")
        for command in ("run_metrics", "up"):
            refused = run([command, *ARGUMENTS.get(command, [])])
            assert refused.returncode == 1
            assert "made by a version of PERG from before 0.1.0" in refused.stderr, command
            assert "Traceback" not in refused.stderr
