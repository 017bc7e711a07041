"""The client builds catalogues and takes the qualification round."""

import pytest

from perg.client import ApiError, Client
from tests.perg.client.scripted_platform import Answer, Platform


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
