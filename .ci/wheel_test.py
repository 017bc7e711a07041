#!/usr/bin/env python3
"""Build the library's wheel, install it into an empty environment, and run its tests there.

Usage: .venv/bin/python .ci/wheel_test.py ENVIRONMENT TESTS...

ENVIRONMENT is a folder, emptied first; TESTS are folders below tests/. Says how many packages the wheel brings,
how large they are, and how long importing the statistics takes. Fails where the server's packages can be imported,
where importing the statistics loads what it must not, or where a test fails.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
SERVER = ("django", "rest_framework", "celery", "redis", "psycopg")
TRIES = 3
# What would make importing the statistics slow: it waits until a function needs it. Times depend on the machine, so
# they are printed and not checked.
LOADED_LATER = (
    "httpx2",
    "python_calamine",
    "rich",
    "scipy.optimize",
    "scipy.sparse",
    "scipy.special",
    "scipy.stats",
    "sklearn",
)
TOOLS = ("pytest", "pytest-socket", "pytest-xdist")
SECOND_IMPLEMENTATIONS = ("krippendorff", "nltk", "pandas", "polars", "ppi-python", "statsmodels")
FILE_KINDS = ("openpyxl", "pyarrow")  # write the files that tests read
BENCHES = ("annotator_quality", "coverage", "planning", "strata_coverage")  # simulations that tests run, too
TOO_LARGE = "crowdkit"  # larger than the library; the tests that compare with it run in `make test`
BESIDE_TESTS = (
    "tests/__init__.py",
    "tests/defined.py",
    "tests/pair_votes.py",
    "tests/rating_inputs.py",
    "tests/sizes.py",
    *(f"bench/{name}.py" for name in BENCHES),
)

ABSENT = """
import importlib.util, sys
print(*(name for name in sys.argv[1:] if importlib.util.find_spec(name)))
"""
# Every module, not only the package, whose __init__ imports nothing.
IMPORT = """
import importlib, pkgutil, sys, time
wall, processor = time.perf_counter(), time.process_time()
import perg.stats
for module in pkgutil.walk_packages(perg.stats.__path__, "perg.stats."):
    importlib.import_module(module.name)
print(time.process_time() - processor, time.perf_counter() - wall, perg.__file__)
print(*(name for name in sys.argv[1:] if name in sys.modules))
"""


def main(environment: Path, tests: list[Path]) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = built_wheel(folder)
        constraints = folder / "constraints.txt"
        constraints.write_text(pinned_versions(REPOSITORY / "requirements-dev.lock"))
        run(sys.executable, "-m", "venv", "--clear", environment)
        python = environment / "bin" / "python"
        pip = (python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "-c", constraints)
        run(*pip, wheel)
        report_size(python, wheel)
        check_absence(python, folder)
        check_import(python, folder)
        run(*pip, *TOOLS, *SECOND_IMPLEMENTATIONS, *FILE_KINDS)
        # irrCAC pins an old SciPy; its lock says so.
        run(*pip[:-2], "--no-deps", "--require-hashes", "-r", REPOSITORY / "requirements-reference.lock")
        check_absence(python, folder)
        return run_tests(python, folder / "tests-alone", tests)


def run(*command: str | Path, folder: Path | None = None) -> str:
    """What a command prints. Ends the program where the command fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\nFailed: {' '.join(str(part) for part in command)}")
    return done.stdout.strip()


def clean_environment() -> dict[str, str]:
    """The environment without what would bring packages from elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def built_wheel(folder: Path) -> Path:
    """The wheel, built from a copy: a build in the checkout would take in what an earlier one left there."""
    source = folder / "source"
    source.mkdir()
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / file, source)
    shutil.copytree(REPOSITORY / "perg", source / "perg", ignore=shutil.ignore_patterns("__pycache__"))
    run(
        *(sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"),
        *("--no-build-isolation", "--wheel-dir", folder, source),
    )
    (wheel,) = folder.glob("perg-*.whl")
    return wheel


def pinned_versions(lock: Path) -> str:
    """The versions of a lock file without their hashes, which pip does not take for a wheel built here."""
    lines = (line.removesuffix("\\").rstrip() for line in lock.read_text().splitlines())
    return "".join(f"{line}\n" for line in lines if "==" in line and not line.startswith((" ", "#")))


def report_size(python: Path, wheel: Path) -> None:
    listed = json.loads(run(python, "-m", "pip", "--disable-pip-version-check", "list", "--format", "json"))
    packages = [package["name"] for package in listed if package["name"] not in ("pip", "setuptools")]
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"))
    own = ("pip", "setuptools", "pkg_resources", "_distutils_hack")
    files = (
        path
        for path in site.rglob("*")
        if path.is_file() and not path.relative_to(site).parts[0].startswith(own)
    )
    size = sum(path.stat().st_size for path in files)
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB")
    print(f"Installed: {len(packages)} packages, {size / 1e6:.0f} MB ({', '.join(packages)})", flush=True)


def check_absence(python: Path, folder: Path) -> None:
    if present := run(python, "-c", ABSENT, *SERVER, folder=folder):
        sys.exit(f"The library's environment has packages of the server: {present}")


def check_import(python: Path, folder: Path) -> None:
    times = []
    for _ in range(TRIES):
        timed, *loaded = run(python, "-c", IMPORT, *LOADED_LATER, folder=folder).splitlines()
        processor, wall, file = timed.split(maxsplit=2)
        if python.parents[1] not in Path(file).resolve().parents:
            sys.exit(f"The library is imported from {file}, not from the wheel.")
        if loaded:
            sys.exit(
                f"Importing the statistics loads what should wait until it is needed: {' '.join(loaded)}"
            )
        times.append((float(processor), float(wall)))
    processor_seconds, wall_seconds = min(times)
    print(
        f"Importing every module of perg.stats: {processor_seconds:.2f} s of processor time"
        f" ({wall_seconds:.2f} s on the clock, the best of {TRIES})",
        flush=True,
    )


def run_tests(python: Path, folder: Path, tests: list[Path]) -> int:
    """Run a copy of the tests, so that the checkout's `perg` does not stand before the wheel's."""
    folder.mkdir()
    for test in tests:
        shutil.copytree(test, folder / test, ignore=shutil.ignore_patterns("__pycache__"))
    for file in folder.rglob("test_*.py"):
        if f"from {TOO_LARGE}" in file.read_text():
            print(f"Left out, as it needs {TOO_LARGE}: {file.relative_to(folder)}", flush=True)
            file.unlink()
    (folder / "bench").mkdir()
    for name in BESIDE_TESTS:
        shutil.copy(REPOSITORY / name, folder / name)
    (folder / "pytest.ini").write_text(
        "[pytest]\n"
        "addopts = --import-mode=importlib --strict-markers --disable-socket --allow-hosts=127.0.0.1,::1,localhost\n"
        "markers =\n    slow: takes more than a few seconds\n    one_in: all cases are run here\n"
        "pythonpath = .\nfilterwarnings = error\nxfail_strict = true\n"
    )
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "auto", *tests]
    return subprocess.run([str(part) for part in command], cwd=folder, env=clean_environment()).returncode


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]).resolve(), [Path(name) for name in sys.argv[2:]]))
