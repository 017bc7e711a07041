"""The Python client: what it repeats and what not, how it waits, and downloads that go on where they broke off.

The platform is a script of answers, served by a real server.
"""

import hashlib
import io
import json
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from perg_client import (
    ApiError,
    ChecksumDiffers,
    Client,
    Conflict,
    ExportFailed,
    NotAllowed,
    NotFound,
    NotReached,
    RunNotFinished,
    TookTooLong,
)
from perg_client.transport import pause

REPOSITORY = Path(__file__).parents[2]


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Answer:
    """`cut`: the connection is closed after so many bytes of the body; `drop`: before anything is said."""

    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    drop: bool = False


@dataclass
class Platform:
    """Answers by path: a list is worked through, its last answer is given for ever; a function is called."""

    address: str = ""
    answers: dict[str, list[Answer] | Callable[[Asked], Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def to(self, path: str, *answers: Answer) -> None:
        self.answers[path] = list(answers)

    def next_answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        found = self.answers.get(asked.path.partition("?")[0].removeprefix("/api/v1/"))
        if found is None:
            return Answer(404, {"code": "not_found", "detail": "There is nothing here."})
        if callable(found):
            return found(asked)
        return found.pop(0) if len(found) > 1 else found[0]


@pytest.fixture
def platform() -> Iterator[Platform]:
    platform = Platform()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            answer = platform.next_answer(Asked(self.command, self.path, dict(self.headers), body))
            if answer.drop:
                self.close_connection = True
                return
            sent = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent if answer.cut is None else sent[: answer.cut])
            if answer.cut is not None:
                self.close_connection = True

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    platform.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield platform
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was waited between attempts, without waiting."""
    waited: list[float] = []
    monkeypatch.setattr("perg_client.transport.time.sleep", waited.append)
    return waited


@pytest.fixture
def perg(platform: Platform, waits: list[float]) -> Iterator[Client]:
    with Client(platform.address, token="perg_secret", retries=3, poll_seconds=0.01) as client:
        yield client


def run_at(status: str = "complete", **more: object) -> dict[str, object]:
    return {
        "id": 1,
        "name": "a run",
        "batch": None,
        "model": "m",
        "method": "direct",
        "setting": "relevant",
        "dataset": "d",
        "status": status,
        "spent": "0.5",
        "calls": 3,
        "created_at": "2026-01-01T00:00:00Z",
        "finished_at": None,
        "a_field_of_later": True,
    } | more


def progress_at(status: str, done: int, failed: int = 0) -> Answer:
    at = {"items": 10, "done": done, "failed": failed, "calls_per_second": 1.0, "seconds_left": None}
    return Answer(200, {"run": run_at(status), "progress": at})


BATCH = {"id": 7, "name": "b", "created_at": "2026-01-01T00:00:00Z", "runs": []}
LAUNCH: dict[str, Any] = {
    "name": "b",
    "dataset": "d",
    "catalogue": 1,
    "models": ["m"],
    "methods": ["direct"],
    "settings": ["relevant"],
}


class TestRepeating:
    @pytest.mark.parametrize("status", [429, 502, 503, 504])
    def test_reading_is_repeated_after_what_passes(
        self, platform: Platform, perg: Client, waits: list[float], status: int
    ) -> None:
        platform.to(
            "runs/1/", Answer(status, {}, {"Retry-After": "7"}), Answer(status), Answer(200, run_at())
        )
        run = perg.run(1)
        assert (run.status, str(run.spent)) == ("complete", "0.5")
        assert len(platform.asked) == 3
        assert waits[0] == 7.0
        assert 0.5 <= waits[1] <= 1.0

    def test_reading_is_repeated_after_a_broken_connection(self, platform: Platform, perg: Client) -> None:
        platform.to("runs/1/", Answer(drop=True), Answer(200, run_at()))
        assert perg.run(1).id == 1

    def test_a_launch_is_repeated_under_one_key_of_its_own(self, platform: Platform, perg: Client) -> None:
        in_use = Answer(409, {"code": "idempotency_key_in_use", "detail": "at work"})
        platform.to("batches/", Answer(drop=True), Answer(503), in_use, Answer(201, BATCH))
        assert perg.launch_batch(**LAUNCH).id == 7
        keys = {asked.headers["Idempotency-Key"] for asked in platform.asked}
        assert (len(keys), len(platform.asked)) == (1, 4)
        perg.launch_batch(**LAUNCH)
        assert platform.asked[-1].headers["Idempotency-Key"] not in keys
        perg.launch_batch(**LAUNCH, idempotency_key="mine")
        assert platform.asked[-1].headers["Idempotency-Key"] == "mine"

    @pytest.mark.parametrize("answer", [Answer(503, {"code": "away"}), Answer(drop=True)])
    def test_what_might_be_done_twice_is_not_repeated(
        self, platform: Platform, perg: Client, answer: Answer
    ) -> None:
        platform.to("runs/1/pause/", answer)
        with pytest.raises((ApiError, NotReached)):
            perg.post("runs/1/pause/")
        assert len(platform.asked) == 1

    def test_what_was_refused_for_too_many_requests_may_be_repeated_always(
        self, platform: Platform, perg: Client
    ) -> None:
        platform.to("runs/1/pause/", Answer(429, {}, {"Retry-After": "1"}), Answer(200, run_at("paused")))
        assert perg.post("runs/1/pause/")["status"] == "paused"

    def test_a_label_is_sent_again_under_its_submission_key(self, platform: Platform, perg: Client) -> None:
        done = {"revision": 1, "is_surplus": False, "done": 1}
        platform.to("assignments/3/submit/", Answer(drop=True), Answer(200, done))
        key = uuid.uuid4()
        assert perg.submit_label(3, score=4, submission_key=key).revision == 1
        assert [asked.body["submission_key"] for asked in platform.asked] == [str(key)] * 2

    def test_patience_ends(self, platform: Platform, perg: Client, waits: list[float]) -> None:
        platform.to("runs/1/", Answer(503, {"code": "away", "detail": "Soon."}))
        with pytest.raises(ApiError, match="503 away: Soon"):
            perg.run(1)
        assert (len(platform.asked), len(waits)) == (4, 3)

    def test_nobody_there(self, waits: list[float]) -> None:
        with Client("http://127.0.0.1:9", token="t", retries=2) as perg, pytest.raises(NotReached):
            perg.run(1)
        assert len(waits) == 2

    def test_pauses_follow_the_platform_or_grow(self) -> None:
        assert pause(0, "3") == 3
        assert pause(0, "99999") == 60, "but not for ever"
        assert 0 <= pause(0, "Wed, 21 Oct 2015 07:28:00 GMT") == 0
        assert pause(0, "soon") <= 0.5
        assert 2 <= pause(3) <= 4
        assert pause(40) <= 60


class TestErrors:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [(401, NotAllowed), (403, NotAllowed), (404, NotFound), (409, Conflict), (400, ApiError)],
    )
    def test_they_carry_code_and_field(
        self, platform: Platform, perg: Client, status: int, kind: type[ApiError]
    ) -> None:
        said = {
            "code": "c",
            "detail": "d.",
            "field": "f",
            "errors": [{"field": "f", "code": "c", "detail": "d."}],
            "label": 3,
        }
        platform.to("runs/1/", Answer(status, said))
        with pytest.raises(kind) as caught:
            perg.run(1)
        error = caught.value
        assert type(error) is kind
        assert (error.status, error.code, error.detail, error.field) == (status, "c", "d.", "f")
        assert (error.errors, error.problem["label"]) == (said["errors"], 3)

    def test_an_answer_of_something_between_is_an_error_too(self, platform: Platform, perg: Client) -> None:
        platform.to("runs/1/", Answer(400, b"<html>No</html>"))
        with pytest.raises(ApiError, match="400 error"):
            perg.run(1)

    def test_a_token_is_needed_and_sent(
        self, platform: Platform, perg: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        platform.to("runs/1/", Answer(200, run_at()))
        perg.run(1)
        assert platform.asked[0].headers["Authorization"] == "Bearer perg_secret"
        monkeypatch.delenv("PERG_TOKEN", raising=False)
        with pytest.raises(ValueError, match="token"):
            Client(platform.address)
        monkeypatch.setenv("PERG_TOKEN", "perg_other")
        monkeypatch.setenv("PERG_ADDRESS", platform.address + "/")
        with Client() as other:
            other.run(1)
        assert platform.asked[1].headers["Authorization"] == "Bearer perg_other"


class TestLists:
    def test_pages_follow_the_cursor_and_stay_with_the_address_that_was_given(
        self, platform: Platform, perg: Client
    ) -> None:
        elsewhere = "http://inside:8000/api/v1/runs/?cursor=abc%3D&status=complete"
        platform.to(
            "runs/",
            Answer(200, {"next": elsewhere, "previous": None, "results": [run_at(), run_at()]}),
            Answer(200, {"next": None, "previous": None, "results": [run_at(id=3)]}),
        )
        assert [run.id for run in perg.runs(status="complete")] == [1, 1, 3]
        assert [asked.path for asked in platform.asked] == [
            "/api/v1/runs/?status=complete",
            "/api/v1/runs/?status=complete&cursor=abc%3D",
        ]

    def test_only_what_is_looked_at_is_asked_for(self, platform: Platform, perg: Client) -> None:
        first = {"next": "http://x/?cursor=a", "previous": None, "results": [run_at()]}
        platform.to("runs/", Answer(200, first))
        next(perg.runs())
        assert len(platform.asked) == 1


class TestWaiting:
    def test_for_a_run_with_a_bar(self, platform: Platform) -> None:
        seen = io.StringIO()
        console = Console(file=seen, force_terminal=True, width=100)
        platform.to(
            "runs/1/progress/",
            progress_at("running", 0),
            progress_at("running", 5, 1),
            progress_at("complete", 9, 1),
        )
        with Client(platform.address, token="t", poll_seconds=0.01, console=console) as perg:
            assert perg.wait_for_run(1, progress=True).status == "complete"
        assert "a run" in seen.getvalue()
        assert "10/10" in seen.getvalue()

    @pytest.mark.parametrize("status", ["cancelled", "budget_reached"])
    def test_a_run_that_stops_is_an_error(self, platform: Platform, perg: Client, status: str) -> None:
        platform.to("runs/1/progress/", progress_at("running", 0), progress_at(status, 3))
        with pytest.raises(RunNotFinished) as caught:
            perg.wait_for_run(1)
        assert (caught.value.run, caught.value.status) == (1, status)

    def test_not_for_ever(self, platform: Platform) -> None:
        platform.to("runs/1/progress/", progress_at("paused", 3))
        with (
            Client(platform.address, token="t", poll_seconds=0.01) as perg,
            pytest.raises(TookTooLong),
        ):
            perg.wait_for_run(1, timeout=0.05)

    def test_for_the_report_that_was_asked_for_and_no_older_one(
        self, platform: Platform, perg: Client
    ) -> None:
        def report(key: int, status: str) -> dict[str, object]:
            return {
                "id": key,
                "campaign": 1,
                "status": status,
                "stale": "",
                "share_done": 0.5,
                "input_hash": "h",
                "code_version": "1",
                "finished_at": None,
            }

        verdict = {"kind": "replace", "sentence": "May.", "reasons": ["So."]}
        judge = {"name": "j", "kind": "judge", "n": 3, "verdict": verdict}

        def answer(asked: Asked) -> Answer:
            if asked.method == "POST":
                return Answer(202, {"report": report(2, "queued")})
            count = sum(each.method == "GET" for each in platform.asked)
            key = 1 if count < 3 else 2
            return Answer(200, {"report": report(key, "ready"), "judges": [judge], "people": {}})

        platform.answers["campaigns/1/validation/"] = answer
        found = perg.validation_report(1, epsilon=0.1)
        assert platform.asked[0].body == {"epsilon": 0.1}
        assert (found.state.id, found.judge("j").verdict.kind, found.document["people"]) == (2, "replace", {})
        with pytest.raises(KeyError):
            found.judge("nobody")


CONTENT = bytes(range(256)) * 2000


class Exports:
    """The part of the platform that gives a file, in ranges, with broken connections as they are told."""

    def __init__(self, platform: Platform, content: bytes = CONTENT) -> None:
        self.content = content
        self.checksum = hashlib.sha256(content).hexdigest()
        self.cuts: list[int | None] = []
        self.number = 0
        self.status = "ready"
        self.platform = platform
        platform.answers["exports/"] = self.ask

    def ask(self, asked: Asked) -> Answer:
        self.number += 1
        self.platform.answers[f"exports/{self.number}/"] = lambda _: Answer(200, self.state())
        self.platform.answers[f"exports/{self.number}/file/"] = self.file
        return Answer(202, self.state() | {"status": "queued"})

    def state(self) -> dict[str, object]:
        return {
            "id": self.number,
            "table": "gold",
            "format": "jsonl",
            "status": self.status,
            "rows": 3,
            "rows_expected": 3,
            "size": len(self.content),
            "checksum": self.checksum,
            "failure": "No room." if self.status == "failed" else "",
        }

    def file(self, asked: Asked) -> Answer:
        etag = f'"{self.checksum}"'
        cut = self.cuts.pop(0) if self.cuts else None
        wanted = asked.headers.get("Range", "")
        if wanted and asked.headers.get("If-Range") == etag:
            begin = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if begin >= len(self.content):
                return Answer(416, b"")
            return Answer(206, self.content[begin:], {"ETag": etag}, cut)
        return Answer(200, self.content, {"ETag": etag}, cut)

    @property
    def ranges(self) -> list[str]:
        return [
            asked.headers.get("Range", "") for asked in self.platform.asked if asked.path.endswith("/file/")
        ]


class TestBuilding:
    BUILD = {
        "id": 3,
        "name": "Tastes",
        "dataset": "MMLU",
        "endpoint": "m",
        "sample_size": 2,
        "per_question": 3,
        "money_budget": "2.0000",
        "status": "asking",
        "catalogue": None,
    }

    def _progress(self, status: str, read: int) -> Answer:
        progress = {"waiting": 2 - read, "unasked": 0, "read": read, "failed": 0, "cost": "0.25"}
        build = self.BUILD | {"status": status}
        shown = {"build": build, "progress": progress | {"proposals": {"proposed": 3}}, "failures": []}
        return Answer(200, shown)

    def test_a_build_is_started_once_and_waited_for(self, platform: Platform, perg: Client) -> None:
        platform.to("catalogues/builds/", Answer(drop=True), Answer(201, self.BUILD))
        build = perg.start_build(name="Tastes", dataset="MMLU", endpoint="m", sample_size=2, money_budget="2")
        first, again = platform.asked
        assert first.headers["Idempotency-Key"] == again.headers["Idempotency-Key"]
        assert again.body["money_budget"] == "2"
        platform.to(
            "catalogues/builds/3/progress/", self._progress("asking", 1), self._progress("reviewing", 2)
        )
        assert perg.wait_for_build(build.id).status == "reviewing"
        assert perg.build_progress(build.id).proposals == {"proposed": 3}

    def test_a_decision_is_sent_again_and_a_merge_is_not(self, platform: Platform, perg: Client) -> None:
        proposal = {
            "id": 7,
            "build": 3,
            "question_text": "?",
            "text": "Short.",
            "reason": "",
            "category": "brevity",
            "status": "accepted",
            "merged_into": None,
        }
        platform.to("catalogues/proposals/7/accept/", Answer(503), Answer(200, proposal))
        assert perg.decide_proposal(7, "accept").status == "accepted"
        platform.to("catalogues/builds/3/merge/", Answer(503), Answer(200, proposal))
        with pytest.raises(ApiError):
            perg.merge_proposals(3, into=7, proposals=[8])


class TestQualifying:
    def test_an_answer_is_sent_again_for_the_first_one_stands(self, platform: Platform, perg: Client) -> None:
        standing = {
            "pass_mark": 0.75,
            "is_qualified": False,
            "items": 1,
            "attempt": 1,
            "answered": 1,
            "attempts": [{"number": 1, "answered": 1, "right": 1, "passed": None}],
            "attempts_left": 1,
            "may_start": False,
        }
        feedback = {
            "id": 1,
            "score": 4,
            "is_right": True,
            "known_score": 4,
            "tolerance": 0,
            "explanation": "Short.",
            "standing": standing,
        }
        platform.to("campaigns/1/qualification/start/", Answer(200, standing))
        assert perg.start_qualification(1).attempt == 1
        platform.to("campaigns/1/qualification/item/", Answer(503), Answer(200, feedback))
        assert perg.answer_qualification(1, 5, score=4).is_right
        assert [asked.body for asked in platform.asked[1:]] == [{"task": 5, "score": 4}] * 2
        platform.to("campaigns/1/qualification/item/", Answer(200, {"item": None, "standing": standing}))
        assert perg.next_qualification_item(1) is None

    def test_a_preset_is_found_by_its_key(self, platform: Platform, perg: Client) -> None:
        preset = {"key": "breakage", "name": "B", "question": "?", "reads": "BR"}
        platform.to(
            "batches/presets/", Answer(200, [preset | {"methods": ["direct"], "settings": ["relevant"]}])
        )
        assert perg.preset("breakage").methods == ["direct"]
        with pytest.raises(KeyError):
            perg.preset("nonsense")


class TestDownloads:
    def test_whole_and_under_its_name_only_then(
        self, platform: Platform, perg: Client, tmp_path: Path
    ) -> None:
        exports = Exports(platform)
        path = perg.download_gold(5, tmp_path / "gold.jsonl")
        assert path.read_bytes() == CONTENT
        assert platform.asked[0].body == {
            "table": "gold",
            "format": "jsonl",
            "filters": {"release": 5},
            "raters": "",
        }
        assert exports.ranges == [""]
        assert [each.name for each in tmp_path.iterdir()] == ["gold.jsonl"]

    def test_a_broken_one_goes_on_where_it_was(
        self, platform: Platform, perg: Client, tmp_path: Path, waits: list[float]
    ) -> None:
        exports = Exports(platform)
        exports.cuts = [100_000, 0, 50_000]
        path = perg.download_gold(5, tmp_path / "gold.jsonl")
        assert path.read_bytes() == CONTENT
        assert exports.ranges == ["", "bytes=100000-", "bytes=100000-", "bytes=150000-"]
        assert exports.number == 1

    def test_a_program_that_was_stopped_goes_on_too(
        self, platform: Platform, perg: Client, tmp_path: Path, waits: list[float]
    ) -> None:
        exports = Exports(platform)
        exports.cuts = [1000, 0, 0, 0, 0, 0]
        with pytest.raises(NotReached, match="1000 of 512000"):
            perg.download_gold(5, tmp_path / "gold.jsonl")
        assert not (tmp_path / "gold.jsonl").exists()
        exports.cuts = []
        with Client(platform.address, token="t", poll_seconds=0.01) as another:
            another.download_gold(5, tmp_path / "gold.jsonl")
        assert (tmp_path / "gold.jsonl").read_bytes() == CONTENT
        assert exports.ranges[-1] == "bytes=1000-"
        assert exports.number == 1, "the same export"

    def test_another_release_begins_anew(
        self, platform: Platform, perg: Client, tmp_path: Path, waits: list[float]
    ) -> None:
        exports = Exports(platform)
        exports.cuts = [1000, 0, 0, 0, 0, 0]
        with pytest.raises(NotReached):
            perg.download_gold(5, tmp_path / "gold.jsonl")
        exports.cuts = []
        perg.download_gold(6, tmp_path / "gold.jsonl")
        assert (exports.number, exports.ranges[-1]) == (2, "")

    def test_a_file_that_is_gone_is_asked_for_anew(
        self, platform: Platform, perg: Client, tmp_path: Path, waits: list[float]
    ) -> None:
        exports = Exports(platform)
        exports.cuts = [1000, 0, 0, 0, 0, 0]
        with pytest.raises(NotReached):
            perg.download_gold(5, tmp_path / "gold.jsonl")
        exports.cuts = []
        del platform.answers["exports/1/"]
        perg.download_gold(5, tmp_path / "gold.jsonl")
        assert exports.number == 2
        assert (tmp_path / "gold.jsonl").read_bytes() == CONTENT

    def test_what_is_here_and_is_no_part_of_it_is_thrown_away(
        self, platform: Platform, perg: Client, tmp_path: Path, waits: list[float]
    ) -> None:
        exports = Exports(platform)
        exports.cuts = [1000, 0, 0, 0, 0, 0]
        with pytest.raises(NotReached):
            perg.download_gold(5, tmp_path / "gold.jsonl")
        (tmp_path / "gold.jsonl.part").write_bytes(CONTENT + b"more")
        exports.cuts = []
        perg.download_gold(5, tmp_path / "gold.jsonl")
        assert (tmp_path / "gold.jsonl").read_bytes() == CONTENT

    def test_a_wrong_checksum_leaves_nothing(self, platform: Platform, perg: Client, tmp_path: Path) -> None:
        exports = Exports(platform)
        exports.checksum = "0" * 64
        with pytest.raises(ChecksumDiffers):
            perg.download_gold(5, tmp_path / "gold.jsonl")
        assert list(tmp_path.iterdir()) == []

    def test_an_empty_file_is_a_file(self, platform: Platform, perg: Client, tmp_path: Path) -> None:
        Exports(platform, b"")
        assert perg.download("labels", tmp_path / "labels.csv", format="csv").read_bytes() == b""

    def test_what_cannot_be_written_says_why(self, platform: Platform, perg: Client, tmp_path: Path) -> None:
        Exports(platform).status = "failed"
        with pytest.raises(ExportFailed, match="No room"):
            perg.download_gold(5, tmp_path / "gold.jsonl")


def test_it_needs_neither_django_nor_celery_nor_any_setting() -> None:
    code = (
        "import sys, perg_client\n"
        "found = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not found & {'django', 'celery', 'rest_framework', 'perg_site', 'evaluation', 'annotations'}, found\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, env={}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
