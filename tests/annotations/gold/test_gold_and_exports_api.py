"""What leads release and export over REST: gold by criteria, its differences, files in parts."""

from typing import Any

import pytest

from annotations.models import Campaign, GoldRelease
from core.jobs.leasing import run_job
from core.models import User
from perg.stats.gold.gold_criteria import EVERY_TASK
from tests import build
from tests.api_person import Person, results

pytestmark = pytest.mark.django_db

EVERY = EVERY_TASK.model_dump(mode="json")


@pytest.fixture
def lead() -> Person:
    return Person(build.person("lead"))


class TestGoldAndExports:
    @pytest.fixture
    def labelled(self, lead: Person) -> Campaign:
        people = [build.person("ann"), build.person("bob")]
        campaign = build.campaign(build.run_with_items(4), people, leads=[lead.user])
        for task, scores in zip(campaign.tasks.all(), ((4, 5), (1, 1), (5, 1)), strict=False):
            for name, score in zip(("ann", "bob"), scores, strict=True):
                build.vote(task, User.objects.get(username=name), score)
        return campaign

    def test_preview_release_and_differences(self, lead: Person, labelled: Campaign) -> None:
        at = f"campaigns/{labelled.pk}/gold/"
        criteria = EVERY | {"include_unresolved": False}
        preview = lead.post(f"{at}preview/", {"criteria": criteria}).json()
        assert (preview["counts"]["included"], preview["criteria"]["rule"]) == (2, "majority")
        assert not GoldRelease.objects.exists()
        seen = {"criteria": criteria, "seen": preview["fingerprint"]}
        first = lead.post(at, seen, **{"Idempotency-Key": "one"})
        assert (first.status_code, first.json()["number"]) == (201, 1)
        assert lead.post(at, seen, **{"Idempotency-Key": "one"}).json() == first.json()
        build.vote(labelled.tasks.all()[3], User.objects.get(username="ann"), 5)
        outdated = lead.post(at, {"seen": preview["fingerprint"], "criteria": criteria})
        assert outdated.json()["code"] == "preview_outdated"
        second = lead.post(at, {"criteria": EVERY}).json()
        assert [row["number"] for row in results(lead.get(at))] == [2, 1]
        differences = lead.get(f"gold/{second['id']}/differences/", {"kind": "added"}).json()
        assert (differences["added"], differences["same"], len(differences["rows"])) == (2, 2, 2)
        assert differences["rows"][0]["before"] is None
        answer = lead.get(f"gold/{first.json()['id']}/differences/", {"against": second["id"]})
        assert answer.json()["field"] == "against"
        detail = lead.get(f"gold/{second['id']}/")
        assert detail.json()["checksum"] == second["checksum"]
        assert (
            lead.get(f"gold/{second['id']}/", None, **{"If-None-Match": detail.headers["ETag"]}).status_code
            == 304
        )

    def test_criteria_that_make_no_sense_are_named(self, lead: Person, labelled: Campaign) -> None:
        answer = lead.post(f"campaigns/{labelled.pk}/gold/preview/", {"criteria": {"rule": "dice"}})
        assert (answer.status_code, answer.json()["field"]) == (400, "criteria.rule")

    def test_an_export_is_asked_for_written_and_fetched_in_parts(
        self, lead: Person, labelled: Campaign, settings: Any, tmp_path: Any
    ) -> None:
        settings.EXPORT_ROOT = tmp_path
        release = lead.post(f"campaigns/{labelled.pk}/gold/", {"criteria": EVERY}).json()
        assert "gold" in [table["name"] for table in lead.get("exports/tables/").json()]
        wanted = {"table": "gold", "format": "jsonl", "filters": {"release": release["id"]}}
        asked = lead.post("exports/", wanted)
        assert (asked.status_code, asked.json()["status"]) == (202, "queued")
        at = f"exports/{asked.json()['id']}/"
        assert lead.get(f"{at}file/").json()["code"] == "no_file"
        run_job(lead.user.exports.get())
        ready = lead.get(at).json()
        assert (ready["status"], ready["rows"]) == ("ready", 4)
        whole = lead.get(f"{at}file/")
        content = _body(whole)
        assert len(content) == ready["size"]
        part = lead.get(f"{at}file/", Range="bytes=10-19", **{"If-Range": whole.headers["ETag"]})
        assert (part.status_code, _body(part)) == (206, content[10:20])
        changed = lead.get(f"{at}file/", None, Range="bytes=10-19", **{"If-Range": '"another"'})
        assert (changed.status_code, _body(changed)) == (200, content)
        assert [row["status"] for row in results(lead.get("exports/", {"status": "ready"}))] == ["ready"]
        assert lead.post(f"{at}discard/").json()["status"] == "expired"
        assert lead.post(f"{at}retry/").json()["status"] == "queued"
        ann = Person(User.objects.get(username="ann"))
        assert ann.get(at).status_code == 404
        assert ann.post("exports/", wanted).status_code == 404

    @pytest.mark.parametrize(
        ("wrong", "status", "field"),
        [
            ({"table": "nothing"}, 404, "table"),
            ({"format": "xls"}, 400, "format"),
            ({"filters": {"colour": "red"}}, 400, "colour"),
            ({"filters": {"release": [1]}}, 400, "filters"),
            ({"filters": {}}, 400, None),
        ],
    )
    def test_an_export_that_makes_no_sense_is_refused(
        self, lead: Person, labelled: Campaign, wrong: dict[str, object], status: int, field: str | None
    ) -> None:
        wanted = {"table": "labels", "format": "csv", "filters": {"campaign": labelled.pk}}
        answer = lead.post("exports/", wanted | wrong)
        assert answer.status_code == status, answer.content
        if field:
            assert answer.json()["field"].startswith(field)


def _body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)
