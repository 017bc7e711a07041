"""What the lock files pin: few packages, each with hashes, from no particular index."""

import re
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
RUNTIME, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"
MOST_PACKAGES = 90


def pinned(name: str) -> set[str]:
    return set(re.findall(r"^([A-Za-z0-9_.-]+)==", (REPOSITORY / name).read_text(), re.MULTILINE))


def test_the_server_runs_on_few_packages_and_no_second_implementation() -> None:
    packages = pinned(RUNTIME)
    assert len(packages) <= MOST_PACKAGES
    assert not packages & {"transformers", "tokenizers", "torch", "pandas", "nltk", "crowd-kit"}


def test_every_dependency_of_the_project_is_pinned() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    dependencies = [*project["dependencies"], *project["optional-dependencies"]["server"]]
    names = {re.split(r"[\[<>=]", dependency)[0] for dependency in dependencies}
    assert names <= pinned(RUNTIME) <= pinned(DEVELOPMENT)


@pytest.mark.parametrize("name", [RUNTIME, DEVELOPMENT])
def test_a_lock_file_names_no_index(name: str) -> None:
    assert "://" not in (REPOSITORY / name).read_text()


def test_the_library_depends_on_nothing_of_the_server() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert not [name for name in project["dependencies"] if re.match(r"django|celery|redis|psycopg", name)]
