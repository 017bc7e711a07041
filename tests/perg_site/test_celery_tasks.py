"""A worker knows every task that beat sends and that services ask for by name."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
APPS = ("core", "evaluation", "annotations", "perg_site")
REGISTERED = """
import json
from perg_site.celery import app
app.loader.import_default_modules()
print(json.dumps(sorted(app.tasks)))
"""


@pytest.fixture(scope="module")
def registered() -> set[str]:
    """The tasks of a worker that has just started: this process may have imported more."""
    command = [sys.executable, "-c", REGISTERED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def _modules() -> Iterator[Path]:
    for app in APPS:
        yield from (ROOT / app).rglob("*.py")


def _names_of_tasks() -> Iterator[str]:
    """Strings in the product such as `annotations.exports.tasks.write_export`."""
    for module in _modules():
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                *package, last = node.value.split(".")
                if package and package[0] in APPS and package[-1] == "tasks" and last.isidentifier():
                    yield node.value


def test_beat_sends_tasks_that_workers_know(registered: set[str]) -> None:
    sent = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert sent - registered == set()


def test_tasks_that_are_asked_for_by_name_are_known(registered: set[str]) -> None:
    named = set(_names_of_tasks())
    assert len(named) > 10
    assert named - registered == set()


def test_routes_are_of_tasks_that_workers_know(registered: set[str]) -> None:
    assert set(settings.CELERY_TASK_ROUTES) - registered == set()


def test_workers_import_every_module_of_tasks(registered: set[str]) -> None:
    modules = {
        ".".join(module.relative_to(ROOT).with_suffix("").parts)
        for module in _modules()
        if module.name == "tasks.py"
    }
    assert modules - {name.rpartition(".")[0] for name in registered} == set()
