"""The client imports files: uploaded once, waited for, refused in words."""

from pathlib import Path

import pytest

from perg.client import Client, ImportFailed
from tests.perg.client.scripted_platform import Answer, Platform


def job(status: str, **more: object) -> dict[str, object]:
    usual: dict[str, object] = {"bytes_total": 9, "bytes_done": 0, "report": None, "failure": ""}
    return {"id": 7, "status": status, "failure_code": "", "problems": []} | usual | more


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ann.csv"
    path.write_text("item,ann\nq1,3\n")
    return path


def test_the_outcome_of_an_import_is_waited_for(platform: Platform, perg: Client, file: Path) -> None:
    states = [job("running", bytes_done=4), job("done", report={"status": "imported"})]
    platform.answers["campaigns/import/"] = lambda _: Answer(202, job("queued"))
    platform.answers["imports/7/"] = lambda _: Answer(200, states.pop(0))
    report = perg.import_files("ratings", {"human": [file]}, name="ours", threshold=None)
    assert report == {"status": "imported"}
    assert [asked.method for asked in platform.asked] == ["POST", "GET", "GET"]
    assert b'name="human"; filename="ann.csv"' in platform.asked[0].body
    assert b"threshold" not in platform.asked[0].body


def test_a_refused_import_says_why(platform: Platform, perg: Client, file: Path) -> None:
    refused = job("refused", failure="Nothing.", failure_code="import_refused", problems=["line 2: no"])
    platform.answers["campaigns/import/"] = lambda _: Answer(202, refused)
    with pytest.raises(ImportFailed, match="Nothing") as raised:
        perg.import_files("ratings", {"human": file}, name="ours")
    assert (raised.value.code, raised.value.problems) == ("import_refused", ("line 2: no",))
