"""The Python client: what it repeats and what not, what its errors say, and how lists are paged through."""

import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from perg.client import ApiError, Client, Conflict, NotAllowed, NotFound, NotReached
from perg.client.transport import pause
from tests.perg.client.scripted_platform import Answer, Platform, run_at

REPOSITORY = Path(__file__).parents[3]

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
        done = {"revision": 1, "done": 1}
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
        assert pause(0, "99999") == 60, "but with a limit"
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


@pytest.mark.slow
def test_it_needs_neither_django_nor_celery_nor_any_setting() -> None:
    code = (
        "import sys, perg.client\n"
        "found = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not found & {'django', 'celery', 'rest_framework', 'perg_site', 'evaluation', 'annotations'}, found\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, env={}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
