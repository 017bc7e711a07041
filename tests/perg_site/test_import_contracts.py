"""The import contracts hold, and they do catch what they forbid."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = ("perg", "core", "perg_site", "annotations", "evaluation")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(
            REPOSITORY / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(folder: Path) -> tuple[int, str]:
    """Exit code and output, its line breaks undone."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_the_tree_keeps_its_contracts(copy: Path) -> None:
    code, output = lint_imports(copy)
    assert code == 0, output
    assert "0 broken" in output


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        (
            "evaluation/results/metrics/run_metrics.py",
            "from annotations import models",
            "and never the other way BROKEN",
        ),
        (
            "evaluation/runs/selectors/runs.py",
            "from evaluation import services",
            "services, selectors, models BROKEN",
        ),
        (
            "perg/stats/base/proportions.py",
            "from django.db import models",
            "what only the server needs BROKEN",
        ),
        (
            "perg/client/answers.py",
            "from core.errors import DomainError",
            "what only the server needs BROKEN",
        ),
        ("perg/client/answers.py", "from perg.stats import base", "then formats BROKEN"),
        (
            "perg/stats/base/proportions.py",
            "from perg.stats.report import validation",
            "and resampling BROKEN",
        ),
    ],
)
def test_a_forbidden_import_breaks_the_contract_that_forbids_it(
    copy: Path, module: str, line: str, contract: str
) -> None:
    with (copy / module).open("a") as file:
        file.write(f"\n{line}\n")
    code, output = lint_imports(copy)
    assert code == 1, output
    assert contract in output


def test_a_new_room_of_the_statistics_needs_a_place_in_the_contract(copy: Path) -> None:
    (copy / "perg/stats/attic").mkdir()
    (copy / "perg/stats/attic/__init__.py").write_text("")
    code, output = lint_imports(copy)
    assert code == 1, output
    assert "attic" in output
