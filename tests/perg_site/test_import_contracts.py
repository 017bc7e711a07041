"""The import contracts hold, and they do catch what they forbid."""

import shutil
import subprocess
import sys
import tomllib
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
        ("evaluation/signals.py", "from annotations import models", "and that the library BROKEN"),
        ("core/names.py", "from annotations import models", "and that the library BROKEN"),
        ("core/names.py", "from core import users", "ground floor BROKEN"),
        ("evaluation/judges/forms.py", "from evaluation.runs import forms", "form no circle BROKEN"),
        ("annotations/campaigns/forms.py", "from annotations.gold import forms", "form no circle BROKEN"),
        (
            "evaluation/runs/selectors/runs.py",
            "from evaluation.runs import services",
            "services, selectors BROKEN",
        ),
        ("annotations/gold/services/gold.py", "from annotations.gold import views", "selectors BROKEN"),
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
@pytest.mark.one_in(3)
def test_a_forbidden_import_breaks_the_contract_that_forbids_it(
    copy: Path, module: str, line: str, contract: str
) -> None:
    with (copy / module).open("a") as file:
        file.write(f"\n{line}\n")
    code, output = lint_imports(copy)
    assert code == 1, output
    assert contract in output


@pytest.mark.parametrize("parent", ["perg/stats", "core", "evaluation", "annotations", "annotations/gold"])
@pytest.mark.one_in(3)
def test_a_new_room_needs_a_place_in_a_contract(copy: Path, parent: str) -> None:
    (copy / parent / "attic").mkdir()
    (copy / parent / "attic/__init__.py").write_text("")
    code, output = lint_imports(copy)
    assert code == 1, output
    assert "attic" in output


def test_every_product_module_is_in_a_layer_of_a_contract() -> None:
    contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    layered = {
        f"{container}.{module.strip(' ()')}"
        for contract in contracts
        for container in contract.get("containers", ())
        for layer in contract["layers"]
        for module in layer.split("|")
    }
    product = {
        ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")
        for package in PACKAGES
        for path in (REPOSITORY / package).rglob("*.py")
        if "migrations" not in path.parts
    }
    placed = {module for module in product if module in layered or _parents(module) & layered}
    assert product - placed == {*PACKAGES}, "the packages themselves are the layers of the first contract"


def _parents(module: str) -> set[str]:
    parts = module.split(".")
    return {".".join(parts[:length]) for length in range(2, len(parts))}
