"""What leads and admins do with a campaign over REST."""

import pytest

from annotations.adjudication.services import adjudicate, send_to_adjudication
from annotations.campaigns.services.campaigns import add_members
from annotations.gold.services.gold import release_gold
from annotations.labelling.services.skips import flag_task
from annotations.models import Campaign, Member, Task
from core.models import AuditEvent, User
from evaluation.models import Run
from perg.stats.gold.gold_criteria import EVERY_TASK
from tests import build
from tests.api_person import Person, results
from tests.query_counts import check_query_count

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> Run:
    return build.run_with_items(4)


@pytest.fixture
def admin() -> Person:
    return Person(build.person("admin", staff=True))


@pytest.fixture
def lead() -> Person:
    return Person(build.person("lead"))


@pytest.fixture
def campaign(run: Run, lead: Person) -> Campaign:
    return build.campaign(run, [build.person("ann"), build.person("bob")], leads=[lead.user])


class TestCampaigns:
    def test_an_admin_makes_one_with_defaults_or_with_everything(self, admin: Person, run: Run) -> None:
        for name in ("ann", "bob"):
            build.person(name)
        fields = {"name": "c", "runs": [run.pk], "sample_size": 3, "annotators": ["ann", "bob"]}
        made = admin.post("campaigns/", fields)
        assert made.status_code == 201, made.content
        campaign = Campaign.objects.get()
        assert (campaign.tasks.count(), campaign.overlap, campaign.created_by) == (3, 2, admin.user)
        more = {
            "name": "d",
            "leads": ["ann"],
            "overlap": 1,
            "max_overlap": 2,
            "guidelines": "So.",
            "lease_seconds": 60,
            "control_every": 5,
            "pass_mark": 0.5,
            "seed": 7,
        }
        assert admin.post("campaigns/", fields | more).status_code == 201
        other = Campaign.objects.get(name="d")
        assert other.guidelines is not None
        assert (other.guidelines.text, other.seed, other.lease_seconds) == ("So.", 7, 60)

    def test_the_same_key_makes_it_once(self, admin: Person, run: Run) -> None:
        build.person("ann")
        fields = {"name": "c", "runs": [run.pk], "sample_size": 3, "annotators": ["ann"], "overlap": 1}
        first, second = (admin.post("campaigns/", fields, **{"Idempotency-Key": "k"}) for _ in range(2))
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
        assert Campaign.objects.count() == 1

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"name": ""}, "name"),
            ({"runs": []}, "runs"),
            ({"runs": [10**30]}, "runs"),
            ({"sample_size": 400}, None),
            ({"annotators": ["nobody"]}, "annotators"),
            ({"overlap": 5}, "overlap"),
            ({"enriched_share": 0.5}, "enriched_share"),
            ({"threshold": 9}, "threshold"),
        ],
    )
    def test_what_is_wrong_is_named(
        self, admin: Person, run: Run, wrong: dict[str, object], field: str | None
    ) -> None:
        build.person("ann")
        fields = {"name": "c", "runs": [run.pk], "sample_size": 3, "annotators": ["ann"], "overlap": 1}
        answer = admin.post("campaigns/", fields | wrong)
        assert answer.status_code == 400, answer.content
        if field:
            assert answer.json()["field"].startswith(field)
        assert not Campaign.objects.exists()

    def test_everybody_sees_their_own_with_their_role(self, lead: Person, campaign: Campaign) -> None:
        ann = Person(User.objects.get(username="ann"))
        build.campaign(build.run_with_items(1), [build.person()], overlap=1)
        assert [row["role"] for row in results(lead.get("campaigns/"))] == ["lead"]
        (row,) = results(ann.get("campaigns/"))
        assert row["role"] == "annotator"
        assert not {"runs", "run", "model", "rubric"} & set(row)
        assert results(ann.get("campaigns/", {"status": "closed"})) == []
        assert ann.get("campaigns/", {"colour": "red"}).status_code == 400

    def test_a_lead_leads_it_through_its_life(self, lead: Person, campaign: Campaign) -> None:
        at = f"campaigns/{campaign.pk}/"
        for action, status in (
            ("pause", "paused"),
            ("open", "open"),
            ("close", "closed"),
            ("archive", "archived"),
            ("unarchive", "closed"),
            ("reopen", "open"),
        ):
            answer = lead.post(f"{at}{action}/")
            assert (answer.status_code, answer.json()["status"]) == (200, status)
        assert lead.post(f"{at}archive/").status_code == 409
        assert lead.post(f"{at}explode/").status_code == 404

    def test_harmless_settings_change_and_others_do_not(self, lead: Person, campaign: Campaign) -> None:
        at = f"campaigns/{campaign.pk}/settings/"
        changed = lead.send("PATCH", at, {"labels_per_person": 5, "max_overlap": 3})
        assert (changed.json()["labels_per_person"], changed.json()["max_overlap"]) == (5, 3)
        assert lead.send("PATCH", at, {"max_overlap": 2}).json()["field"] == "max_overlap"
        lead.send("PATCH", at, {"overlap": 1, "seed": 2})
        campaign.refresh_from_db()
        assert (campaign.overlap, campaign.seed) == (2, 1)
        assert lead.get(at).json()["runs"][0]["name"] == campaign.runs.get().name

    def test_progress_is_sent_once_while_it_stays_the_same(self, lead: Person, campaign: Campaign) -> None:
        at = f"campaigns/{campaign.pk}/progress/"
        first = lead.get(at)
        assert (first.json()["tasks"], first.json()["labels_wanted"]) == (4, 8)
        assert lead.get(at, None, **{"If-None-Match": first.headers["ETag"]}).status_code == 304
        build.vote(campaign.tasks.all()[0], User.objects.get(username="ann"), 4)
        again = lead.get(at, None, **{"If-None-Match": first.headers["ETag"]})
        assert again.json()["labels"] == 1

    def test_guidelines_are_revised_on_top_of_the_newest(self, lead: Person, campaign: Campaign) -> None:
        at = f"campaigns/{campaign.pk}/guidelines/"
        assert lead.send("PUT", at, {"text": "One.", "based_on": 0}).json()["version"] == 1
        assert lead.send("PUT", at, {"text": "Two.", "based_on": 0}).json()["code"] == "stale_guidelines"


class TestMembers:
    def test_they_come_are_paused_and_go(self, lead: Person, campaign: Campaign) -> None:
        build.person("cleo")
        at = f"campaigns/{campaign.pk}/members/"
        (added,) = lead.post(at, {"usernames": ["cleo"]}).json()
        assert (added["username"], added["role"]) == ("cleo", "annotator")
        assert lead.post(at, {"usernames": ["cleo"]}).status_code == 409
        assert lead.post(at, {"usernames": ["nobody"]}).json()["field"].startswith("usernames")
        own = f"{at}{added['id']}/"
        assert lead.post(f"{own}pause/").json()["field"] == "reason"
        assert lead.post(f"{own}pause/", {"reason": "On leave"}).json()["pause_reason"] == "On leave"
        assert lead.post(f"{own}resume/").json()["paused_at"] is None
        assert lead.post(f"{own}lead/").json()["role"] == "lead"
        assert lead.post(f"{own}annotator/").json()["role"] == "annotator"
        assert lead.post(f"{own}remove/").json()["is_active"] is False
        assert {row["username"] for row in results(lead.get(at, {"is_active": "true"}))} == {
            "ann",
            "bob",
            "lead",
        }
        assert lead.post(f"{own}restore/").json()["is_active"] is True
        assert lead.post(f"{own}promote/").status_code == 404

    def test_labels_are_set_aside_and_restored(self, lead: Person, campaign: Campaign) -> None:
        ann = User.objects.get(username="ann")
        build.vote(campaign.tasks.all()[0], ann, 4)
        own = f"campaigns/{campaign.pk}/members/{campaign.members.get(user=ann).pk}/"
        assert lead.post(f"{own}set_aside_labels/").json()["set_aside_at"]
        assert lead.post(f"{own}restore_labels/").json()["set_aside_at"] is None

    def test_a_member_of_another_campaign_is_not_found(self, lead: Person, campaign: Campaign) -> None:
        other = build.campaign(build.run_with_items(1), [build.person("dan")], overlap=1)
        key = other.members.get().pk
        assert lead.post(f"campaigns/{campaign.pk}/members/{key}/remove/").status_code == 404
        assert Member.objects.get(pk=key).is_active


class TestTasksAndLabels:
    def test_tasks_by_state_and_kind(self, lead: Person, campaign: Campaign) -> None:
        first, second, *_ = campaign.tasks.all()
        for name, score in (("ann", 1), ("bob", 5)):
            build.vote(first, User.objects.get(username=name), score)
        build.vote(second, User.objects.get(username="ann"), 4)
        at = f"campaigns/{campaign.pk}/tasks/"
        (disputed,) = results(lead.get(at, {"state": "disputed"}))
        assert (disputed["id"], disputed["votes"], disputed["score_range"]) == (first.pk, 2, 4)
        assert len(results(lead.get(at, {"kind": "regular", "state": "open"}))) == 3
        assert results(lead.get(at, {"kind": "control"})) == []
        assert results(lead.get(at, {"run": campaign.runs.get().pk + 1})) == []

    def test_labels_current_or_all(self, lead: Person, campaign: Campaign) -> None:
        task = campaign.tasks.all()[0]
        build.vote(task, User.objects.get(username="ann"), 2, 5, comment="hm")
        build.vote(task, User.objects.get(username="bob"), 4)
        at = f"campaigns/{campaign.pk}/labels/"
        assert [(row["annotator"], row["score"]) for row in results(lead.get(at))] == [("bob", 4), ("ann", 5)]
        everything = results(lead.get(at, {"revisions": "all", "annotator": "ann"}))
        assert [(row["revision"], row["score"], row["is_current"]) for row in everything] == [
            (2, 5, True),
            (1, 2, False),
        ]
        assert results(lead.get(at, {"score": 2})) == []
        assert results(lead.get(at, {"task": task.pk + 1})) == []
        assert results(lead.get(at, {"is_surplus": "true"})) == []

    def test_pages_lead_to_one_another(self, lead: Person, campaign: Campaign) -> None:
        seen: list[int] = []
        page = lead.get(f"campaigns/{campaign.pk}/tasks/", {"page_size": 3}).json()
        while True:
            seen += [row["id"] for row in page["results"]]
            if not page["next"]:
                break
            page = lead.get(page["next"].partition("/api/v1/")[2]).json()
        assert seen == sorted(campaign.tasks.values_list("pk", flat=True), reverse=True)

    def test_a_flag_is_resolved_once(self, lead: Person, campaign: Campaign) -> None:
        vote = build.vote(campaign.tasks.all()[0], User.objects.get(username="ann"), 4)
        flag = flag_task(assignment=vote, reason="other", note="odd")
        at = f"campaigns/{campaign.pk}/flags/"
        assert [row["note"] for row in results(lead.get(at, {"is_resolved": "false"}))] == ["odd"]
        resolved = lead.post(f"{at}{flag.pk}/resolve/", {"resolution": "It is."})
        assert resolved.json()["resolved_by"] == "lead"
        assert lead.post(f"{at}{flag.pk}/resolve/", {"resolution": "It is."}).status_code == 409
        assert results(lead.get(at, {"is_resolved": "false"})) == []


class TestAdjudication:
    def test_from_the_queue_to_the_decision(self, lead: Person, campaign: Campaign) -> None:
        task = campaign.tasks.all()[0]
        for name, score in (("ann", 1), ("bob", 5)):
            build.vote(task, User.objects.get(username=name), score, comment=f"by {score}")
        at = f"campaigns/{campaign.pk}/adjudications/"
        assert [row["id"] for row in results(lead.get(f"{at}queue/"))] == [task.pk]
        case = lead.get(f"{at}{task.pk}/")
        assert sorted(each["score"] for each in case.json()["labels"]) == [1, 5]
        assert "ann" not in [each["name"] for each in case.json()["labels"]]
        assert '"bob"' not in case.content.decode()
        assert (case.json()["revision"], case.json()["judges"]) == (0, None)
        made = lead.post(f"{at}{task.pk}/", {"score": 4, "rationale": "So.", "based_on": 0})
        assert (made.status_code, made.json()["revision"]) == (201, 1)
        again = lead.post(f"{at}{task.pk}/", {"score": 2, "rationale": "No.", "based_on": 0})
        assert again.json()["code"] == "already_adjudicated"
        assert results(lead.get(f"{at}queue/")) == []
        assert [row["score"] for row in results(lead.get(at, {"adjudicator": "lead"}))] == [4]
        assert lead.post(f"{at}{task.pk}/reopen/").json()["state"] == "disputed"
        assert lead.post(f"{at}{task.pk}/reopen/").status_code == 409
        assert lead.post(f"{at}{task.pk}/reveal/").status_code == 403

    def test_a_control_item_is_not_adjudicated(self, lead: Person, campaign: Campaign) -> None:
        assert lead.get(f"campaigns/{campaign.pk}/adjudications/{10**25}/").status_code == 404


class TestAudit:
    def test_of_a_campaign_and_of_everything(self, lead: Person, admin: Person, campaign: Campaign) -> None:
        build.campaign(build.run_with_items(1), [build.person()], overlap=1)
        lead.post(f"campaigns/{campaign.pk}/pause/")
        rows = results(lead.get(f"campaigns/{campaign.pk}/audit/"))
        assert [row["action"] for row in rows] == ["campaign.paused", "campaign.created"]
        (row,) = results(lead.get(f"campaigns/{campaign.pk}/audit/", {"person": "lead"}))
        assert (row["actor"], row["subject"]) == ("lead", f"campaign {campaign.pk}")
        everything = results(admin.get("audit/", {"action": "campaign.created"}))
        assert len(everything) == AuditEvent.objects.filter(action="campaign.created").count() == 2
        assert results(admin.get("audit/", {"until": "2001-01-01"})) == []
        assert admin.get("audit/", {"person": "nobody"}).json()["field"] == "person"
        assert admin.get("audit/", {"since": "2002-01-01", "until": "2001-01-01"}).json()["field"] == "until"
        assert admin.get("audit/", {"since": "yesterday"}).status_code == 400


ROUTES = {
    "tasks": "api_task_list",
    "labels": "api_label_list",
    "members": "api_member_list",
    "flags": "api_flag_list",
    "adjudications": "api_adjudication_list",
    "gold": "api_gold_list",
    "audit": "api_campaign_audit",
}


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.one_in(3)
def test_the_queries_of_a_list_do_not_grow_with_its_rows(lead: Person, path: str) -> None:
    campaign = build.campaign(build.run_with_items(1), [build.person()], overlap=1, leads=[lead.user])

    def add_rows(count: int) -> None:
        for _ in range(count):
            item = build.item(campaign.runs.get())
            task = Task.objects.create(
                campaign=campaign,
                response=item.responses.get(condition="personalised"),
                order_key=item.pk,
                wanted_labels=1,
                open_slots=1,
                inclusion_probability=1,
            )
            person = build.person()
            add_members(campaign=campaign, people=[person], role="annotator", actor=lead.user)
            flag_task(assignment=build.vote(task, person, 4), reason="other")
            send_to_adjudication(task=task, actor=lead.user)
            adjudicate(task=task, adjudicator=lead.user, score=4, rationale="So.", based_on=0)
            release_gold(campaign=campaign, criteria=EVERY_TASK, created_by=lead.user)

    check_query_count(
        ROUTES[path], add_rows=add_rows, ask=lambda: lead.get(f"campaigns/{campaign.pk}/{path}/")
    )


def test_the_queries_of_the_queue_and_of_the_list_of_campaigns_do_not_grow(lead: Person) -> None:
    campaign = build.campaign(build.run_with_items(1), [build.person()], overlap=1, leads=[lead.user])

    def add_rows(count: int) -> None:
        for _ in range(count):
            run = build.run_with_items(1)
            ann, bob = build.person(), build.person()
            other = build.campaign(run, [ann, bob], leads=[lead.user])
            build.vote(other.tasks.get(), ann, 1)
            build.vote(other.tasks.get(), bob, 5)
            Task.objects.filter(campaign=other).update(campaign=campaign)

    check_query_count(
        "api_adjudication_queue_list",
        add_rows=add_rows,
        ask=lambda: lead.get(f"campaigns/{campaign.pk}/adjudications/queue/"),
    )
    check_query_count("api_campaign_list", add_rows=add_rows, ask=lambda: lead.get("campaigns/"))
