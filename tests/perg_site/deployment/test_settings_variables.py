"""Every environment variable that the site reads is known as such, so that no endpoint can name it as its key."""

import ast
import functools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from core.secrets.addresses import read_address
from core.secrets.environment import is_reserved, reserved_variables
from core.secrets.key_list import KeyList, KeyRefused

REPOSITORY = Path(__file__).parents[3]
SOURCES = ("perg", "core", "evaluation", "annotations", "perg_site", "manage.py")


def source_files() -> Iterator[Path]:
    for name in SOURCES:
        path = REPOSITORY / name
        yield from [path] if path.is_file() else path.rglob("*.py")


def is_environment(node: ast.expr) -> bool:
    """Whether an expression is `os.environ`, `os`, or the settings' reader `env`."""
    return ast.unparse(node) in ("os.environ", "environ", "os", "env")


def reads_environment(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return is_environment(function.value)
    return isinstance(function, ast.Name) and function.id in ("getenv", "variable")


def variables_read(tree: ast.Module) -> Iterator[str]:
    """The names of variables in a module's source, wherever they are read from the environment."""
    for node in ast.walk(tree):
        name: ast.expr | None = None
        if isinstance(node, ast.Subscript) and is_environment(node.value):
            name = node.slice
        elif isinstance(node, ast.Call) and node.args and reads_environment(node.func):
            name = node.args[0]
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            yield name.value


@functools.cache
def all_variables_read() -> set[str]:
    return {name for path in source_files() for name in variables_read(ast.parse(path.read_text("utf-8")))}


def test_the_search_of_the_source_sees_the_ways_to_read_a_variable() -> None:
    source = (
        'os.environ["A"]; os.environ.get("B"); os.getenv("C"); env.bool("D"); env.list("E"); variable("F")'
    )
    assert set(variables_read(ast.parse(source))) == set("ABCDEF")
    assert {"SECRET_KEY", "DATABASE_URL", "EMAIL_URL", "HTTPS", "PERG_TOKEN"} <= all_variables_read()


def test_every_variable_that_the_source_reads_is_reserved() -> None:
    assert {name for name in all_variables_read() if not is_reserved(name)} == set()


def test_the_settings_note_what_they_read_without_a_list_of_their_own() -> None:
    assert {
        "SECRET_KEY",
        "DEBUG",
        "ALLOWED_HOSTS",
        "EMAIL_URL",
        "LOG_LEVEL",
        "EXPORT_ROOT",
    } <= reserved_variables()


def test_no_variable_of_the_site_can_be_listed_as_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {}
    for name in all_variables_read():
        with monkeypatch.context() as patch:
            if name != "ENDPOINT_KEYS":
                patch.setenv("ENDPOINT_KEYS", f"OTHER_KEY,{name}@llm.example.org")
            answers[name] = answer_about(name)
    assert {
        name: answer
        for name, answer in answers.items()
        if "no variable that endpoints may take a key from" not in answer
    } == {}


def answer_about(name: str) -> str:
    try:
        KeyList.of_environment().check(name, read_address("https://llm.example.org/v1"))
    except KeyRefused as refused:
        return str(refused)
    return "taken"


@pytest.mark.slow
def test_secrets_of_the_settings_and_own_services_are_known() -> None:
    program = (
        "import django; django.setup()\n"
        "from core.secrets.redaction import redacted\n"
        "from evaluation.llm.endpoint_rules import EndpointRefused, check_endpoint\n"
        "from evaluation.llm.registry import EndpointSettings\n"
        "print(redacted('s: the-secret-of-the-site d: database-password r: redis-password e: mail-password-1'))\n"
        "for port in (5432, 6390, 587):\n"
        "    try:\n"
        "        check_endpoint(EndpointSettings('e', 'openai', 'm', base_url=f'http://own.lan:{port}/v1'))\n"
        "    except EndpointRefused:\n"
        "        print('refused', port)\n"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PERG_HOME": str(settings.PERG_HOME),
        "DJANGO_SETTINGS_MODULE": "perg_site.settings",
        "SECRET_KEY": "the-secret-of-the-site",
        "DATABASE_URL": "postgres://perg:database-password@own.lan/perg",
        "REDIS_URL": "redis://:redis-password@own.lan:6390/0",
        "EMAIL_URL": "smtp+tls://me:mail-password-1@own.lan:587",
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "s: *** d: *** r: *** e: ***",
        "refused 5432",
        "refused 6390",
        "refused 587",
    ], done.stderr
