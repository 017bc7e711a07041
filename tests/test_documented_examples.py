"""The examples of the README and of docs/api.md do what they say, against the running platform.

Every Python block of the two is run, those of one document one after another as one program; and every `sh` block of
docs/api.md, and of the README where it calls curl. What is not to be run stands in a `text` block.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from annotations.models import GoldRelease, Label
from evaluation.models import Batch
from tests.live import LivePlatform, loaded_with_demonstration, running_worker

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[1]
DOCUMENTS = ["README.md", "docs/api.md"]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(document: str, language: str) -> list[str]:
    found = BLOCK.findall((REPOSITORY / document).read_text())
    return [code for name, code in found if name == language]


def run(platform: LivePlatform, folder: Path, *command: str) -> str:
    """Run a program as a user would: in a folder of its own, knowing the platform's address and a token alone."""
    known = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(REPOSITORY),
        "PERG_ADDRESS": platform.address,
        "PERG_TOKEN": platform.token,
    }
    done = subprocess.run(
        command, cwd=folder, env=known, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_there_are_examples_to_run() -> None:
    assert [len(blocks(document, "python")) > 0 for document in DOCUMENTS] == [True, True]
    assert len(blocks("docs/api.md", "sh")) > 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_examples_run(live_server: LiveServer, document: str, tmp_path: Path) -> None:
    assert shutil.which("curl"), "The examples need curl (Debian: apt install curl)."
    platform = loaded_with_demonstration(live_server.url)
    labels = Label.objects.count()
    folder = tmp_path / "program"
    folder.mkdir()
    with running_worker(tmp_path):
        said = run(
            platform, folder, sys.executable, "-W", "error", "-c", "\n".join(blocks(document, "python"))
        )
        for block in blocks(document, "sh"):
            if document != "README.md" or block.startswith("curl"):
                run(platform, folder, "bash", "-euo", "pipefail", "-c", block)
    assert "demo-judge" in said
    release = GoldRelease.objects.get()
    assert (folder / "gold.jsonl").read_bytes().count(b"\n") == release.gold_labels.count() > 0
    assert Batch.objects.get().runs.get().status == "complete"
    if document == "docs/api.md":
        assert "100%" in said or "66/66" in said, "the progress bar"
        assert Label.objects.count() == labels + 2
        assert {path.name for path in folder.iterdir()} == {"gold.jsonl", "gold.parquet", "gold.csv"}
