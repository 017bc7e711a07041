"""Leads make campaigns of what belongs to those that they lead, and do not learn that there is anything else."""

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotations.campaigns.services.campaign_spec import CampaignSpec
from annotations.campaigns.services.campaigns import create_campaign, set_campaign_status
from annotations.models import Campaign
from annotations.models.campaign import CampaignStatus
from annotations.validation.services.ratings_import import RatingsFile, RatingsSpec, import_ratings
from core.errors import NotAllowed, NotFound
from core.models import AuditEvent, User
from core.models.audit import named
from evaluation.judges.selectors import default_rubric
from evaluation.judges.services.rubrics import create_rubric, revise_rubric
from evaluation.models import Rubric, Run
from tests import build

pytestmark = pytest.mark.django_db

NEW = "/campaigns/new/"
ANCHORS = ["none", "little", "some", "much", "all"]


@dataclass(frozen=True)
class World:
    """A campaign with its lead, and one elsewhere, in which that lead labels, of other runs, people and rubrics."""

    lead: User
    ann: User
    ours: Campaign
    run: Run
    theirs: Campaign
    their_run: Run
    their_rubric: Rubric
    unused_rubric: Rubric
    stranger: User

    def client(self, person: User | None = None) -> Client:
        client = Client()
        client.force_login(person or self.lead)
        return client

    def offered(self, person: User | None = None) -> dict[str, set[str]]:
        """What the form has to choose from."""
        form = self.client(person).get(NEW).context["form"]
        return {
            name: {str(choice) for choice in form.fields[name].queryset}
            for name in ("runs", "annotators", "leads", "rubric")
        }

    def form(self, person: User | None = None, **changed: object) -> dict[str, object]:
        """What is sent by who leaves the rest as it is."""
        form = self.client(person).get(NEW).context["form"]
        initial = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
        values = {name: value for name, value in initial.items() if value not in (None, False)}
        sent = {name: getattr(value, "pk", value) for name, value in values.items()}
        ours = {"name": "Another", "runs": [self.run.pk], "annotators": [self.ann.pk], "sample_size": 3}
        return sent | ours | changed

    def post(self, person: User | None = None, **changed: object) -> Any:
        """By REST."""
        ours = {"name": "Another", "runs": [self.run.pk], "annotators": ["ann"], "sample_size": 3}
        body = json.dumps(ours | changed)
        return self.client(person).post("/api/v1/campaigns/", body, "application/json")


@pytest.fixture
def world() -> World:
    lead, ann, stranger = build.person("lead"), build.person("ann"), build.person("stranger")
    run, their_run = build.run_with_items(3, name="run of ours"), build.run_with_items(3, name="secret run")
    ours = build.campaign(run, [ann], overlap=1, leads=[lead])
    their_rubric = create_rubric(name="Secret", instructions="So.", anchors=ANCHORS, actor=None)
    theirs = build.campaign(their_run, [stranger], overlap=1, leads=[build.person("their lead")])
    Campaign.objects.filter(pk=theirs.pk).update(rubric=their_rubric)
    unused = revise_rubric(rubric=default_rubric(), instructions="Not in use.", anchors=ANCHORS, actor=None)
    return World(lead, ann, ours, run, theirs, their_run, their_rubric, unused, stranger)


# --- What there is to choose from ----------------------------------------------------------------------------


def test_a_lead_chooses_among_what_belongs_to_their_campaigns(world: World) -> None:
    assert world.offered() == {
        "runs": {"run of ours"},
        "annotators": {"ann", "lead"},
        "leads": {"ann"},  # who makes it leads it anyway
        "rubric": {"Preference following v1"},
    }


def test_the_page_names_nothing_of_other_campaigns(world: World) -> None:
    for address in (NEW, f"{NEW}?run={world.their_run.pk}"):
        page = world.client().get(address).content.decode()
        assert "run of ours" in page
        for hidden in ("secret run", "stranger", "their lead", "Secret", "Preference following v2"):
            assert hidden not in page
        assert str(world.theirs) not in page


def test_staff_choose_among_everything(world: World) -> None:
    offered = world.offered(build.person("boss", staff=True))
    assert offered["runs"] == {"run of ours", "secret run"}
    assert offered["annotators"] == offered["leads"] == {"lead", "ann", "stranger", "their lead", "boss"}
    assert offered["rubric"] == {"Preference following v1", "Preference following v2", "Secret v1"}


def test_labelling_in_a_campaign_opens_its_rubric_and_neither_its_run_nor_its_people(world: World) -> None:
    world.theirs.members.create(user=world.lead, role="annotator")
    offered = world.offered()
    assert offered["runs"] == {"run of ours"}
    assert offered["annotators"] == {"ann", "lead"}
    assert offered["rubric"] == {"Preference following v1", "Secret v1"}


def test_who_has_left_or_is_deactivated_is_not_among_the_people(world: World) -> None:
    gone, off = build.person("gone"), build.person("off")
    world.ours.members.create(user=gone, is_active=False)
    world.ours.members.create(user=off)
    User.objects.filter(pk=off.pk).update(is_active=False)
    assert world.offered()["annotators"] == {"ann", "lead"}
    for name in ("gone", "off"):
        assert world.post(annotators=[name]).status_code == 400


def test_an_archived_campaign_still_gives_its_runs_and_people(world: World) -> None:
    for status in ("closed", "archived"):
        set_campaign_status(campaign=world.ours, status=CampaignStatus(status), actor=None)
    page = world.client().get(reverse("campaign_list")).content.decode()
    assert "All your campaigns are archived" in page
    assert f'href="{NEW}"' in page
    assert world.offered()["runs"] == {"run of ours"}
    assert world.client().post(NEW, world.form()).status_code == 302


def test_who_leads_imported_ratings_alone_is_told_that_there_is_no_run(world: World) -> None:
    only = build.person("only")
    file = RatingsFile("r.csv", "item,ann,bob\n1,1,2\n2,3,3\n", kind="human")
    import_ratings(spec=RatingsSpec(name="imported", files=[file], scale="ordinal"), created_by=only)
    page = world.client(only).get(NEW).content.decode()
    assert "there are no runs to sample from" in page
    assert "run of ours" not in page
    assert world.post(only, annotators=["only"]).status_code == 400


# --- Making one ------------------------------------------------------------------------------------------------


def test_a_lead_makes_a_campaign_by_the_page_and_leads_it(world: World) -> None:
    answer = world.client().post(NEW, world.form())
    made = Campaign.objects.get(name="Another")
    assert answer.headers["Location"] == reverse("campaign_detail", args=[made.pk])
    assert {member.user.username: member.role for member in made.members.all()} == {
        "ann": "annotator",
        "lead": "lead",
    }
    # The lead counts among the people: two labels at first, and there is nobody for a third.
    assert (made.created_by, made.overlap, made.max_overlap) == (world.lead, 2, 2)
    event = AuditEvent.objects.get(action="campaign.created", scope=named(made))
    assert (event.actor, event.details["leads"]) == (world.lead, ["lead"])
    assert world.client().get(answer.headers["Location"]).status_code == 200


def test_a_lead_counts_among_the_people_of_whom_one_more_is_asked(world: World) -> None:
    assert world.client().post(NEW, world.form(overlap=1)).status_code == 302
    made = Campaign.objects.get(name="Another")
    assert (made.overlap, made.max_overlap) == (1, 2)


def test_a_lead_makes_a_campaign_by_rest_and_leads_it(world: World) -> None:
    answer = world.post(overlap=1)
    assert answer.status_code == 201, answer.content
    made = Campaign.objects.get(name="Another")
    assert (made.members.get(user=world.lead).role, made.created_by) == ("lead", world.lead)
    assert made.rubric == default_rubric()  # not the newest, which is in no campaign of theirs


def test_a_lead_who_also_wants_to_label_is_a_lead(world: World) -> None:
    assert world.post(annotators=["ann", "lead"], leads=["lead"]).status_code == 201
    assert Campaign.objects.get(name="Another").members.get(user=world.lead).role == "lead"


def test_staff_make_one_of_everything_and_are_not_in_it(world: World) -> None:
    boss = build.person("boss", staff=True)
    answer = world.post(boss, runs=[world.run.pk, world.their_run.pk], annotators=["ann", "stranger"])
    assert answer.status_code == 201, answer.content
    made = Campaign.objects.get(name="Another")
    assert not made.members.filter(user=boss).exists()
    assert made.rubric == world.unused_rubric  # the newest of all


@pytest.mark.parametrize("thing", ["runs", "annotators", "leads", "rubric"])
def test_what_belongs_to_others_is_refused_by_the_page_as_what_does_not_exist(
    world: World, thing: str
) -> None:
    theirs = {
        "runs": world.their_run.pk,
        "annotators": world.stranger.pk,
        "leads": world.stranger.pk,
        "rubric": world.their_rubric.pk,
    }[thing]
    said = []
    for key in (theirs, 987_654):
        answer = world.client().post(NEW, world.form() | {thing: key if thing == "rubric" else [key]})
        assert answer.status_code == 422
        (error,) = answer.context["form"].errors[thing]
        said.append(error.replace(str(key), "…"))
    assert said[0] == said[1]
    assert not Campaign.objects.filter(name="Another").exists()


@pytest.mark.parametrize("thing", ["runs", "annotators", "leads", "rubric"])
def test_what_belongs_to_others_is_refused_by_rest_as_what_does_not_exist(world: World, thing: str) -> None:
    theirs, missing = {
        "runs": (world.their_run.pk, 987_654),
        "annotators": ("stranger", "nobody-at-all"),
        "leads": ("stranger", "nobody-at-all"),
        "rubric": (world.their_rubric.pk, 987_654),
    }[thing]
    said = []
    for value in (theirs, missing):
        changed: dict[str, Any] = {thing: value if thing == "rubric" else [value]}
        answer = world.post(overlap=1, **changed)
        assert answer.status_code == 400
        problem = answer.json()
        assert problem["field"].startswith(thing)
        said.append((problem["code"], problem["field"], problem["detail"].replace(str(value), "…")))
    assert said[0] == said[1]
    assert not Campaign.objects.filter(name="Another").exists()


@pytest.mark.parametrize("who", ["ann", "stranger", "nowhere", "former lead"])
def test_who_leads_nothing_finds_no_page_and_makes_nothing(world: World, who: str) -> None:
    person = User.objects.filter(username=who).first() or build.person(who)
    if who == "former lead":
        world.ours.members.create(user=person, role="lead", is_active=False)
    client = world.client(person)
    sent = world.form()
    assert client.get(NEW).status_code == 404
    assert client.post(NEW, sent).status_code == 404
    assert world.post(person, overlap=1).status_code == 403
    assert not Campaign.objects.filter(name="Another").exists()
    page = client.get(reverse("campaign_list")).content.decode()
    assert NEW not in page
    assert NEW not in client.get(reverse("home")).content.decode()


def test_a_token_without_manage_makes_nothing(world: World) -> None:
    body = json.dumps({"name": "Another", "runs": [world.run.pk], "annotators": ["ann"], "sample_size": 3})
    for scopes, status in ((["read", "annotate"], 403), (["manage"], 201)):
        answer = Client().post(
            "/api/v1/campaigns/", body, "application/json", headers=build.bearer(world.lead, *scopes)
        )
        assert answer.status_code == status


def test_the_service_refuses_what_a_form_let_through(world: World) -> None:
    """As when somebody takes a lead's rights away between their look at the form and their campaign."""
    spec = CampaignSpec(name="Another", runs=[world.run], sample_size=3, overlap=1, annotators=[world.ann])
    mistakes: list[dict[str, Any]] = [
        {"runs": [world.run, world.their_run]},
        {"annotators": [world.stranger]},
        {"leads": [world.stranger]},
        {"rubric": world.their_rubric},
    ]
    for mistake in mistakes:
        with pytest.raises(NotFound):
            create_campaign(spec=replace(spec, **mistake), created_by=world.lead)
    world.ours.members.filter(user=world.lead).update(role="annotator")
    with pytest.raises(NotAllowed):
        create_campaign(spec=spec, created_by=world.lead)
    assert not Campaign.objects.filter(name="Another").exists()


# --- The way there -------------------------------------------------------------------------------------------


def test_a_lead_is_shown_the_way_to_a_new_campaign_and_to_downloads(world: World) -> None:
    client = world.client()
    downloads = reverse("export_list")
    for address in (reverse("home"), reverse("campaign_list")):
        page = client.get(address).content.decode()
        assert f'href="{NEW}"' in page
        assert f'href="{downloads}"' in page
    page = client.get(downloads).content.decode()
    assert f'href="{downloads}" aria-current="page"' in page
    for hidden in ("run_list", "results", "library", "people_list", "webhook_list"):
        assert f'href="{reverse(hidden)}"' not in page
    for table, status in (("labels", 200), ("completions", 404)):
        address = reverse("export_create", args=[table])
        assert (f'href="{address}"' in page) == (status == 200)
        assert client.get(address).status_code == status
    labels_page = client.get(reverse("export_create", args=["labels"])).content.decode()
    assert str(world.ours) in labels_page
    for hidden in (str(world.theirs), "secret run"):
        assert hidden not in labels_page


def test_who_leads_nothing_is_not_shown_downloads(world: World) -> None:
    downloads = reverse("export_list")
    for person in (world.ann, build.person()):
        for address in (
            reverse("home"),
            reverse("campaign_list"),
            reverse("label_next", args=[world.ours.pk]),
        ):
            assert downloads not in world.client(person).get(address).content.decode()
        assert world.client(person).get(downloads).status_code == 404
    assert (
        f'href="{downloads}"' in world.client(build.person(staff=True)).get(reverse("home")).content.decode()
    )
