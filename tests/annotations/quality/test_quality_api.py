"""What else leads and admins do over REST: items with a known score, quality, pace, invitations, accounts, imports."""

import json
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from annotations.adjudication.services import adjudicate, send_to_adjudication
from annotations.campaigns.services.guidelines import revise_guidelines
from annotations.gold.services.gold import release_gold
from annotations.labelling.services.assignment import claim_task
from annotations.labelling.services.labels import submit_label
from annotations.labelling.services.skips import skip_task
from annotations.models import Campaign, Invitation, Member, Task
from annotations.people.services.invitations import accept_invitation
from annotations.quality.selectors.controls import candidates
from annotations.quality.selectors.quality import figures_by_member, people_with_figures
from core.models import AuditEvent, User
from core.models.audit import named
from evaluation.models import Run
from perg.stats.base.result import dump
from perg.stats.gold.gold_criteria import EVERY_TASK
from tests import build
from tests.imports import run_imports
from tests.query_counts import check_query_count

pytestmark = pytest.mark.django_db


class Person:
    def __init__(self, user: User) -> None:
        self.user = user
        self._client = Client()
        self._client.force_login(user)

    def get(self, path: str, **query: str | int) -> Any:
        return self._client.get(f"/api/v1/{path}", query)

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        return self._client.generic(
            method, f"/api/v1/{path}", json.dumps(body or {}), "application/json", headers=headers
        )

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def upload(self, path: str, form: dict[str, object]) -> Any:
        return self._client.post(f"/api/v1/{path}", form)


@pytest.fixture
def run() -> Run:
    return build.run_with_items(8)


@pytest.fixture
def lead() -> Person:
    return Person(build.person("lead"))


@pytest.fixture
def admin() -> Person:
    return Person(build.person("admin", staff=True))


@pytest.fixture
def campaign(run: Run, lead: Person) -> Campaign:
    people = [build.person("ann"), build.person("bob")]
    return build.campaign(run, people, size=4, leads=[lead.user])


@pytest.fixture
def at(campaign: Campaign) -> str:
    return f"campaigns/{campaign.pk}/"


def rows(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    document: list[dict[str, Any]] = answer.json()["results"]
    return document


class TestControlItems:
    def test_a_lead_adds_changes_withdraws_and_restores_one(
        self, lead: Person, campaign: Campaign, at: str
    ) -> None:
        drawn = lead.get(f"{at}controls/candidates/", count=2).json()
        assert len(drawn) == 2
        first, second = drawn
        assert set(first) == {"response", "question", "options", "preference", "baseline", "personalised"}
        fields = {
            "kind": "control",
            "items": [
                {"response": first["response"], "score": 4, "tolerance": 1, "explanation": "Short."},
                {"response": second["response"], "score": 2},
            ],
        }
        added = lead.post(f"{at}controls/", fields, **{"Idempotency-Key": "k"})
        assert added.status_code == 201, added.content
        assert lead.post(f"{at}controls/", fields, **{"Idempotency-Key": "k"}).json() == added.json()
        second_item, first_item = rows(lead.get(f"{at}controls/"))
        assert (first_item["score"], first_item["tolerance"], first_item["created_by"]) == (4, 1, "lead")
        assert (second_item["answers"], second_item["is_suspicious"]) == (0, False)
        item = f"{at}controls/{first_item['id']}/"
        changed = lead.send("PATCH", item, {"score": 5})
        assert (changed.json()["score"], changed.json()["tolerance"]) == (5, 1)
        assert changed.json()["shown"]["personalised"]
        assert lead.post(f"{item}withdraw/").json()["kind"] == "withdrawn"
        assert lead.post(f"{item}withdraw/").status_code == 409
        assert [row["id"] for row in rows(lead.get(f"{at}controls/", kind="withdrawn"))] == [first_item["id"]]
        assert lead.post(f"{item}restore/").json()["kind"] == "control"
        assert lead.post(f"{item}praise/").status_code == 404
        done = list(AuditEvent.objects.filter(scope=named(campaign)).values_list("action", flat=True))
        for action in ("control_item.added", "known_score.changed", "control_item.withdrawn"):
            assert action in done

    def test_an_items_answers_are_counted(self, lead: Person, campaign: Campaign, at: str) -> None:
        response = candidates(campaign)[0].pk
        fields = {"kind": "control", "items": [{"response": response, "score": 4}]}
        (made,) = lead.post(f"{at}controls/", fields).json()
        task = Task.objects.get(pk=made["id"])
        build.vote(task, User.objects.get(username="ann"), 4)
        build.vote(task, User.objects.get(username="bob"), 1)
        (row,) = rows(lead.get(f"{at}controls/"))
        assert (row["answers"], row["right"]) == (2, 1)

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [({"score": 6}, "items"), ({"tolerance": 9}, "items"), ({"response": 10**9}, "items")],
    )
    def test_what_is_wrong_is_named_and_nothing_added(
        self, lead: Person, campaign: Campaign, at: str, wrong: dict[str, object], field: str
    ) -> None:
        good = {"response": candidates(campaign)[0].pk, "score": 4}
        other = {"response": candidates(campaign)[1].pk, "score": 4}
        answer = lead.post(f"{at}controls/", {"kind": "control", "items": [other, good | wrong]})
        assert answer.status_code == 400, answer.content
        assert answer.json()["field"].startswith(field)
        assert not campaign.tasks.exclude(kind="regular").exists()

    def test_responses_of_runs_outside_the_campaign_are_refused(
        self, lead: Person, campaign: Campaign, at: str
    ) -> None:
        foreign = build.run_with_items(1).items.get().responses.get(condition="personalised")
        answer = lead.post(
            f"{at}controls/", {"kind": "control", "items": [{"response": foreign.pk, "score": 4}]}
        )
        assert (answer.status_code, answer.json()["field"]) == (400, "items")

    def test_items_come_from_gold_that_the_lead_may_use(
        self, lead: Person, run: Run, campaign: Campaign, at: str
    ) -> None:
        other = build.campaign(run, [build.person("eve")], overlap=1, leads=[lead.user])
        for task in other.tasks.all():
            build.vote(task, User.objects.get(username="eve"), 4)
        release = release_gold(campaign=other, criteria=EVERY_TASK, created_by=lead.user)
        fields = {"release": release.pk, "kind": "qualification", "count": 3}
        made = lead.post(f"{at}controls/from_gold/", fields)
        assert made.status_code == 201, made.content
        assert {item["score"] for item in made.json()} == {4}
        assert 1 <= len(made.json()) <= 3
        Member.objects.filter(campaign=other, user=lead.user).update(is_active=False)
        assert lead.post(f"{at}controls/from_gold/", fields).status_code == 404

    def test_annotators_and_outsiders_find_nothing(self, campaign: Campaign, at: str) -> None:
        for person in (Person(User.objects.get(username="ann")), Person(build.person())):
            for path in ("controls/", "controls/candidates/", "quality/", "activity/", "alignment/"):
                assert person.get(at + path).status_code == 404, path
            assert person.post(f"{at}controls/", {"kind": "control", "items": []}).status_code == 404


def _label(campaign: Campaign) -> None:
    """Ann and Bob label all tasks but one of Bob's, which he skips; they disagree on some."""
    for name, scores in (("ann", [4, 4, 5, 2]), ("bob", [4, 1, 5])):
        member = campaign.members.get(user__username=name)
        for score in scores:
            assignment = claim_task(member=member)
            assert assignment is not None
            submit_label(assignment=assignment, score=score, comment="", submission_key=uuid.uuid4())
    last = claim_task(member=member)
    assert last is not None
    skip_task(assignment=last, reason="unclear", note="")


class TestHowPeopleDo:
    def test_quality_is_that_of_the_page(self, lead: Person, campaign: Campaign, at: str) -> None:
        _label(campaign)
        Campaign.objects.filter(pk=campaign.pk).update(lowest_agreement=0.4)
        shown = lead.get(f"{at}quality/").json()
        assert (shown["is_current"], shown["without_figures"]) == (True, [])
        assert shown["bars"] == {"control_accuracy": None, "agreement": 0.4}
        known = {
            each.member.user.username: each
            for each in people_with_figures(campaign, figures_by_member(campaign))
        }
        assert {person["member"]["username"] for person in shown["people"]} == set(known)
        for person in shown["people"]:
            figures = known[person["member"]["username"]].figures
            assert person["figures"]["labels"] == figures.labels
            assert person["figures"]["agreement"] == dump(figures.agreement)
            assert person["figures"]["drift"]["shift"] == dump(figures.drift.shift)
            assert person["figures"]["own_counts"] == list(figures.own_counts)

    def test_activity_tells_pace_skips_disagreement_and_people(
        self, lead: Person, campaign: Campaign, at: str
    ) -> None:
        _label(campaign)
        shown = lead.get(f"{at}activity/").json()
        assert (shown["as_of"], shown["is_current"], shown["progress"]["labels"]) == (None, True, 7)
        assert (shown["pace"]["last_hour"], shown["pace"]["missing"] >= 1) == (7, True)
        assert [skip["count"] for skip in shown["skips"]] == [1]
        people = {person["username"]: person for person in shown["people"]}
        assert (people["ann"]["labels"], people["bob"]["labels"], people["bob"]["skips"]) == (4, 3, 1)
        assert shown["disagreement_by_category"][0]["share"]["n"] >= 3

    def test_alignment_is_by_people(self, lead: Person, run: Run, campaign: Campaign, at: str) -> None:
        for task in campaign.tasks.all():
            build.vote(task, User.objects.get(username="ann"), 1)
        document = lead.get(f"{at}alignment/").json()
        assert (document["as_of"], document["is_current"]) == (None, True)
        (shown,) = document["runs"]
        assert (shown["run"], shown["unweighted"]["value"], shown["unweighted"]["n"]) == (run.pk, 1.0, 4)
        tag = lead.get(f"{at}alignment/").headers["ETag"]
        client = Client(headers=build.bearer(lead.user, "read"))
        assert client.get(f"/api/v1/{at}alignment/", headers={"If-None-Match": tag}).status_code == 304

    def test_adjudicators_are_measured_against_the_votes(
        self, lead: Person, campaign: Campaign, at: str
    ) -> None:
        assert lead.get(f"{at}adjudicators/").json() == []
        task = campaign.tasks.order_by("pk")[0]
        for name in ("ann", "bob"):
            build.vote(task, User.objects.get(username=name), 4)
        task.refresh_from_db()
        send_to_adjudication(task=task, actor=lead.user)
        adjudicate(task=task, adjudicator=lead.user, score=4, rationale="So.", based_on=0)
        (shown,) = lead.get(f"{at}adjudicators/").json()
        assert (shown["adjudicator"], shown["blind"]["n"], shown["after_judges"]["n"]) == ("lead", 1, 0)
        assert shown["blind"]["with_majority"]["value"] == 1.0
        assert shown["after_judges"]["near_median"]["undefined"]

    def test_every_version_of_the_guidelines_is_kept(self, lead: Person, campaign: Campaign, at: str) -> None:
        revise_guidelines(campaign=campaign, author=lead.user, text="Look.", based_on=0)
        task = campaign.tasks.order_by("pk")[0]
        build.vote(task, User.objects.get(username="ann"), 4)
        revise_guidelines(campaign=campaign, author=lead.user, text="Look twice.", based_on=1)
        newest, first = lead.get(f"{at}guidelines/versions/").json()
        assert (newest["version"], newest["text"], newest["labels"]) == (2, "Look twice.", 0)
        assert (first["labels"], first["people"], first["created_by"]) == (1, 1, "lead")

    def test_what_a_release_would_leave_out_is_told_by_reason(
        self, lead: Person, campaign: Campaign, at: str
    ) -> None:
        first, second, *_ = campaign.tasks.order_by("pk")
        for name, score in (("ann", 5), ("bob", 1)):
            build.vote(first, User.objects.get(username=name), score)
        query = {"criteria": {"include_unresolved": False}, "reason": "unlabelled", "limit": 1}
        shown = lead.post(f"{at}gold/left_out/", query).json()
        assert (shown["count"], [task["task"] for task in shown["tasks"]]) == (3, [second.pk])
        more = lead.post(f"{at}gold/left_out/", query | {"behind": second.pk}).json()
        assert more["tasks"][0]["task"] > second.pk
        tied = lead.post(f"{at}gold/left_out/", query | {"reason": "tied"}).json()
        assert [(vote["annotator"], vote["score"]) for vote in tied["tasks"][0]["votes"]] == [
            ("ann", 5),
            ("bob", 1),
        ]
        assert lead.post(f"{at}gold/left_out/", {"reason": ""}).status_code == 400


class TestPeople:
    def test_a_link_lets_one_person_in_and_is_shown_once(
        self, lead: Person, campaign: Campaign, at: str
    ) -> None:
        made = lead.post(f"{at}invitations/", {"role": "annotator", "note": "for Eve", "days": 3})
        assert made.status_code == 201, made.content
        assert made.headers["Cache-Control"] == "private, no-store"
        link = made.json()["link"]
        token = link.rstrip("/").rpartition("/")[2]
        (row,) = rows(lead.get(f"{at}invitations/"))
        assert row["note"] == "for Eve"
        assert token not in json.dumps(row)
        assert "link" not in row
        accept_invitation(token=token, user=build.person("eve"))
        assert campaign.members.filter(user__username="eve", role="annotator").exists()
        assert rows(lead.get(f"{at}invitations/")) == []
        used = lead.post(f"{at}invitations/{row['id']}/revoke/")
        assert used.status_code == 409

    def test_an_idempotency_key_does_not_store_the_link(self, lead: Person, at: str) -> None:
        first, second = (lead.post(f"{at}invitations/", {}, **{"Idempotency-Key": "k"}) for _ in range(2))
        assert first.json()["link"] != second.json()["link"]

    def test_an_invitation_is_revoked_by_its_campaigns_lead(
        self, lead: Person, campaign: Campaign, at: str
    ) -> None:
        made = lead.post(f"{at}invitations/").json()["id"]
        elsewhere = Person(build.person())
        theirs = build.campaign(build.run_with_items(1), [build.person()], overlap=1, leads=[elsewhere.user])
        assert elsewhere.post(f"campaigns/{theirs.pk}/invitations/{made}/revoke/").status_code == 404
        assert elsewhere.post(f"{at}invitations/{made}/revoke/").status_code == 404
        assert lead.post(f"{at}invitations/{made}/revoke/").json()["revoked_at"]
        assert Invitation.objects.get().revoked_at is not None

    def test_an_admin_is_not_invited_by_a_program(self, admin: Person, at: str) -> None:
        assert admin.post(f"{at}invitations/", {"role": "admin"}).json()["field"] == "role"

    def test_an_admin_finds_accounts_and_shuts_one_out(
        self, admin: Person, campaign: Campaign, lead: Person
    ) -> None:
        (row,) = rows(admin.get("people/", search="ann"))
        assert [place["campaign"] for place in row["campaigns"]] == [campaign.pk]
        assert rows(admin.get("people/", is_admin="true"))[0]["username"] == "admin"
        assert "password" not in json.dumps(row)
        out = admin.post(f"people/{row['id']}/deactivate/")
        assert (out.status_code, out.json()["is_active"]) == (200, False)
        assert [each["username"] for each in rows(admin.get("people/", is_active="false"))] == ["ann"]
        assert admin.post(f"people/{row['id']}/reactivate/").json()["is_active"] is True
        assert admin.get(f"people/{row['id']}/").json()["username"] == "ann"
        assert admin.post(f"people/{admin.user.pk}/deactivate/").status_code == 403
        for forbidden in ("make_admin", "withdraw_admin", "reset"):
            assert admin.post(f"people/{row['id']}/{forbidden}/").status_code == 404
        assert lead.get("people/").status_code == 403
        assert lead.post(f"people/{row['id']}/deactivate/").status_code == 403

    def test_everybody_sees_what_needs_them(self, admin: Person, lead: Person, campaign: Campaign) -> None:
        ann = Person(User.objects.get(username="ann"))
        (own,) = ann.get("needs/").json()["own"]
        assert (own["id"], own["has_work"]) == (campaign.pk, True)
        assert (ann.get("needs/").json()["led"], ann.get("needs/").json()["runs"]) == ([], None)
        (led,) = lead.get("needs/").json()["led"]
        assert (led["id"], led["open_tasks"]) == (campaign.pk, 4)
        assert lead.get("needs/").json()["runs"] is None
        run = build.run_with_items(1)
        Run.objects.filter(pk=run.pk).update(status="running")
        runs = admin.get("needs/").json()["runs"]
        assert (runs["running_count"], runs["running"]) == (1, [{"id": run.pk, "name": run.name}])
        assert Person(build.person()).get("needs/").json() == {"own": [], "led": [], "runs": None}


class TestRatingsMadeElsewhere:
    PEOPLE = b"item,ann,bob\nq1,1,2\nq2,4,\n"
    JUDGE = b'{"gpt": {"q1": 1, "q2": 5}}'

    def _form(self, **more: object) -> dict[str, object]:
        return {
            "name": "ours",
            "human": [SimpleUploadedFile("people.csv", self.PEOPLE)],
            "judge": [SimpleUploadedFile("judge.json", self.JUDGE)],
        } | more

    def _imported(self, person: Person, **more: object) -> dict[str, Any]:
        """The job of the files, once a worker has run it."""
        answer = person.upload("campaigns/import/", self._form(**more))
        assert answer.status_code == 202, answer.content
        run_imports()
        job: dict[str, Any] = person.get(f"imports/{answer.json()['id']}/").json()
        return job

    def test_files_become_a_campaign_that_the_caller_leads(self, admin: Person) -> None:
        made = self._imported(admin)["report"]
        assert (made["status"], made["items"], made["people"], made["judges"]) == ("imported", 2, 2, 1)
        campaign = Campaign.objects.get(pk=made["campaign"]["id"])
        assert campaign.members.get().user == admin.user
        assert self._imported(admin)["report"]["status"] == "unchanged"

    def test_what_is_wrong_is_named(self, admin: Person) -> None:
        bad = [SimpleUploadedFile("people.csv", b"item,ann\nq1,\xff\n")]
        assert "not UTF-8" in self._imported(admin, human=bad)["problems"][0]
        assert admin.upload("campaigns/import/", {"name": "ours"}).json()["field"] == "human"
        refused = self._imported(admin, human=[SimpleUploadedFile("p.csv", b"item,ann\nq1,<b>\n")])
        assert (refused["status"], refused["failure_code"]) == ("refused", "import_refused")
        assert refused["problems"]
        cut = admin.upload("campaigns/import/", self._form(threshold="3", is_cut="false"))
        assert cut.json()["field"] == "threshold"
        assert not Campaign.objects.exists()

    def test_leads_import_and_annotators_do_not(self, lead: Person, campaign: Campaign) -> None:
        assert lead.upload("campaigns/import/", self._form()).status_code == 202
        ann = Person(User.objects.get(username="ann"))
        assert ann.upload("campaigns/import/", self._form()).status_code == 404


def test_pages_of_leads_take_as_many_queries_for_many_rows_as_for_few(
    lead: Person, admin: Person, run: Run, campaign: Campaign, at: str
) -> None:
    def add_items(count: int) -> None:
        items = [
            {"response": build.item(run).responses.get(condition="personalised").pk, "score": 4}
            for _ in range(count)
        ]
        assert lead.post(f"{at}controls/", {"kind": "control", "items": items}).status_code == 201

    def add_people(count: int) -> None:
        for _ in range(count):
            member = campaign.members.create(user=build.person(), role="annotator")
            build.vote(campaign.tasks.filter(kind="regular").order_by("pk")[0], member.user, 4)

    def add_invitations(count: int) -> None:
        for _ in range(count):
            lead.post(f"{at}invitations/")

    def add_versions(count: int) -> None:
        for _ in range(count):
            newest = campaign.guideline_versions.first()
            revise_guidelines(
                campaign=campaign,
                author=lead.user,
                text=f"{newest and newest.version}",
                based_on=newest.version if newest else 0,
            )

    def add_needs(count: int) -> None:
        for _ in range(count):
            Run.objects.filter(pk=build.run_with_items(1).pk).update(status="running")
            build.campaign(run, [admin.user], overlap=1, size=1, leads=[build.person()])

    for name, path, add in (
        ("api_control_list", f"{at}controls/", add_items),
        ("api_control_candidates", f"{at}controls/candidates/", add_items),
        ("api_quality", f"{at}quality/", add_people),
        ("api_campaign_activity", f"{at}activity/", add_people),
        ("api_campaign_alignment", f"{at}alignment/", add_people),
        ("api_invitation_list", f"{at}invitations/", add_invitations),
        ("api_campaign_guidelines_versions", f"{at}guidelines/versions/", add_versions),
    ):
        check_query_count(name, add_rows=add, ask=lambda path=path: lead.get(path))  # type: ignore[misc]
    check_query_count("api_account_list", add_rows=add_people, ask=lambda: admin.get("people/"))
    check_query_count("api_needs", add_rows=add_needs, ask=lambda: admin.get("needs/"))
