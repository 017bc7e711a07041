"""Secrets may lie in files, as compose gives them to a container."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from perg_site.deployment.secret_files import environment_value

REPOSITORY = Path(__file__).resolve().parents[3]


def test_a_variable_may_be_a_file_and_the_variable_itself_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("from the file\n")
    assert environment_value("PERG_TEST_SECRET") == ""
    monkeypatch.setenv("PERG_TEST_SECRET_FILE", str(tmp_path / "key"))
    assert environment_value("PERG_TEST_SECRET") == "from the file"
    monkeypatch.setenv("PERG_TEST_SECRET", "from the variable")
    assert environment_value("PERG_TEST_SECRET") == "from the variable"


def test_a_file_that_is_missing_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERG_TEST_SECRET_FILE", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError):
        environment_value("PERG_TEST_SECRET")


@pytest.mark.slow
def test_the_settings_read_key_and_addresses_from_files(tmp_path: Path) -> None:
    contents = {
        "SECRET_KEY": "k" * 64,
        "DATABASE_URL": "postgres://perg:s3cret@db.example:5432/perg",
        "REDIS_URL": "redis://:s3cret@redis.example:6379/0",
    }
    environ = {name: value for name, value in os.environ.items() if name not in contents}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
        environ[f"{name}_FILE"] = str(tmp_path / name)
    script = (
        "import json; from perg_site import settings as s; "
        "print(json.dumps([s.SECRET_KEY, s.DATABASES['default']['PASSWORD'], s.CELERY_BROKER_URL]))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(shown.stdout) == ["k" * 64, "s3cret", contents["REDIS_URL"]]
