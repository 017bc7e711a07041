"""What importing the library brings with it, and its version."""

import subprocess
import sys
from pathlib import Path

import perg

FOLDER = Path(__file__).resolve().parents[2]

LIBRARY = """
import importlib, pkgutil, sys
import perg.stats
for module in pkgutil.walk_packages(perg.stats.__path__, "perg.stats."):
    importlib.import_module(module.name)
heavy = ("scipy.stats", "sklearn", "pandas", "crowdkit", "httpx2", "rich", "django", "celery")
print(*(name for name in heavy if name in sys.modules))
"""


def output_of(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=True).stdout.strip()


def test_importing_the_statistics_loads_nothing_heavy() -> None:
    assert output_of(LIBRARY) == ""


def test_the_client_is_loaded_on_first_use() -> None:
    assert output_of("import sys, perg; print('httpx2' in sys.modules); perg.Client") == "False"


def test_the_library_has_a_version() -> None:
    assert [part.isdigit() for part in perg.__version__.split(".")[:2]] == [True, True]
