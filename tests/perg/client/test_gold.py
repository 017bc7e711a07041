"""The client asks for gold releases: small ones are the answer, large ones are waited for."""

import pytest

from perg.client import Client, ReleaseFailed, TookTooLong
from tests.perg.client.scripted_platform import Answer, Platform

RELEASE = {
    "id": 9,
    "campaign": 1,
    "number": 3,
    "rule": "majority",
    "checksum": "c",
    "counts": {},
    "code_version": "0",
    "created_at": "2026-01-01T00:00:00Z",
}


def gold_request(status: str, **more: object) -> dict[str, object]:
    usual = {"tasks": None, "written": 0, "release": None, "failure": "", "failure_code": ""}
    return {"id": 7, "campaign": 1, "status": status} | usual | more


class TestGold:
    def test_a_small_release_is_the_answer(self, platform: Platform, perg: Client) -> None:
        platform.answers["campaigns/1/gold/"] = lambda _: Answer(201, RELEASE)
        assert perg.release_gold(1, criteria={"minimum_labels": 2}, seen="abc").number == 3
        assert platform.asked[0].body == {"seen": "abc", "criteria": {"minimum_labels": 2}}
        assert len(platform.asked) == 1

    def test_a_large_one_is_waited_for(self, platform: Platform, perg: Client, waits: list[float]) -> None:
        states = [
            gold_request("writing", tasks=9, written=4),
            gold_request("released", release=9, tasks=9, written=9),
        ]
        platform.answers["campaigns/1/gold/"] = lambda _: Answer(202, gold_request("queued"))
        platform.answers["gold/requests/7/"] = lambda _: Answer(200, states.pop(0))
        platform.answers["gold/9/"] = lambda _: Answer(200, RELEASE)
        assert perg.release_gold(1).id == 9
        assert [asked.method for asked in platform.asked] == ["POST", "GET", "GET", "GET"]

    def test_one_that_the_worker_refuses_says_why(self, platform: Platform, perg: Client) -> None:
        refused = gold_request("failed", failure="Look again.", failure_code="preview_outdated")
        platform.answers["campaigns/1/gold/"] = lambda _: Answer(202, gold_request("queued"))
        platform.answers["gold/requests/7/"] = lambda _: Answer(200, refused)
        with pytest.raises(ReleaseFailed, match="Look again") as raised:
            perg.release_gold(1)
        assert raised.value.code == "preview_outdated"

    def test_waiting_ends_when_it_was_told_to(self, platform: Platform, perg: Client) -> None:
        platform.answers["campaigns/1/gold/"] = lambda _: Answer(202, gold_request("queued"))
        platform.answers["gold/requests/7/"] = lambda _: Answer(200, gold_request("queued"))
        with pytest.raises(TookTooLong):
            perg.release_gold(1, timeout=0.05)
