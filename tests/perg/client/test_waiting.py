"""The Python client's waiting: for runs, with a bar, and for reports."""

import io

import pytest
from rich.console import Console

from perg.client import Client, RunFailed, RunNotFinished, TookTooLong
from tests.perg.client.scripted_platform import Answer, Asked, Platform, progress_at


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

    def test_a_run_that_failed_is_an_error_once_all_have_ended(
        self, platform: Platform, perg: Client
    ) -> None:
        platform.to("runs/1/progress/", progress_at("failed", 0, 10))
        platform.to("runs/2/progress/", progress_at("running", 1), progress_at("complete", 9, 1))
        with pytest.raises(RunFailed, match="run 1") as caught:
            perg.wait_for_runs([1, 2])
        assert (caught.value.run, caught.value.status) == (1, "failed")
        assert [run.status for run in caught.value.runs] == ["failed", "complete"]

    def test_a_run_of_which_some_items_failed_is_given(self, platform: Platform, perg: Client) -> None:
        platform.to("runs/1/progress/", progress_at("complete", 9, 1))
        assert perg.wait_for_run(1).status == "complete"

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
        floor = {"name": "f", "kind": "floor", "n": 3, "verdict": None, "no_verdict": "a yardstick"}

        def answer(asked: Asked) -> Answer:
            if asked.method == "POST":
                return Answer(202, {"report": report(2, "queued")})
            count = sum(each.method == "GET" for each in platform.asked)
            key = 1 if count < 3 else 2
            return Answer(200, {"report": report(key, "ready"), "judges": [judge, floor], "people": {}})

        platform.answers["campaigns/1/validation/"] = answer
        found = perg.validation_report(1, epsilon=0.1)
        assert platform.asked[0].body == {"epsilon": 0.1}
        assert (found.state.id, found.judge("j").sentence, found.document["people"]) == (2, "May.", {})
        assert (found.judge("f").verdict, found.judge("f").sentence) == (None, "no verdict: a yardstick")
        with pytest.raises(KeyError):
            found.judge("nobody")
        assert {asked.path for asked in platform.asked} == {"/api/v1/campaigns/1/validation/"}
        before = len(platform.asked)
        perg.validation_report(1, criterion="tone & “b”")
        paths = {asked.path for asked in platform.asked[before:]}
        assert paths == {"/api/v1/campaigns/1/validation/?criterion=tone+%26+%E2%80%9Cb%E2%80%9D"}
