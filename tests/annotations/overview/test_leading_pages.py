"""The pages of those who lead: what they show, what they take, and what they never show too early."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.models import Adjudication, Assignment, Campaign, Flag, Task
from core.models import User
from tests import build
from tests.pages import one_line

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> User:
    return build.person("the-lead")


@pytest.fixture
def page(lead: User) -> Client:
    client = Client()
    client.force_login(lead)
    return client


@pytest.fixture
def campaign(lead: User) -> Campaign:
    """Two disputed tasks and an open one, each judged 5 by a judge that says so in words."""
    people = [build.person("ann-otator"), build.person("ben-otator")]
    run = build.run_with_items(3, name="secret run")
    for item in run.items.all():
        build.judgment(item, 5, by="secret judge")
    campaign = build.campaign(run, people, leads=[lead], reveals_judges=True, guidelines="First.")
    for task in campaign.tasks.all()[:2]:
        for person, score in zip(people, (1, 5), strict=True):
            build.vote(task, person, score, comment=f"I say {score}")
    return campaign


def _new(**changed: object) -> dict[str, object]:
    """What a newcomer sends: the form's own defaults, and name, runs and people."""
    page = Client()
    page.force_login(build.person(staff=True))
    form = page.get(reverse("campaign_create")).context["form"]
    initial = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    sent = {
        name: getattr(value, "pk", value) for name, value in initial.items() if value not in (None, False)
    }
    return sent | changed


@pytest.mark.parametrize(("people", "most"), [(2, 2), (3, 3), (5, 3)])
def test_a_newcomer_fills_in_name_runs_and_people(people: int, most: int) -> None:
    run = build.run_with_items(3)
    staff = Client()
    staff.force_login(build.person(staff=True))
    chosen = [build.person().pk for _ in range(people)]
    answer = staff.post(
        reverse("campaign_create"), _new(name="Ours", runs=[run.pk], annotators=chosen, sample_size=3)
    )
    campaign = Campaign.objects.get()
    assert answer.headers["Location"] == reverse("campaign_detail", args=[campaign.pk])
    assert (campaign.overlap, campaign.max_overlap, campaign.lease_seconds) == (2, most, 900)
    assert (campaign.control_every, campaign.pass_mark, campaign.enriched_share) == (None, None, None)


def test_shares_are_entered_in_per_cent_and_kept_as_shares() -> None:
    run = build.run_with_items(4)
    for item in run.items.all():
        build.judgment(item, 1 + 4 * (item.position % 2), by="one")
        build.judgment(item, 5, by="other")
    staff = Client()
    staff.force_login(build.person(staff=True))
    sent = _new(
        name="Ours",
        runs=[run.pk],
        annotators=[build.person().pk, build.person().pk],
        sample_size=4,
        sampling="enriched",
        enriched_share="40",
        pass_mark="75",
        lowest_control_accuracy="60.5",
        lease_minutes="5",
    )
    assert staff.post(reverse("campaign_create"), sent).status_code == 302
    campaign = Campaign.objects.get()
    assert (campaign.enriched_share, campaign.pass_mark) == (0.4, 0.75)
    assert (campaign.lowest_control_accuracy, campaign.lease_seconds) == (0.605, 300)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sampling": "enriched"}, "needs at least two judges"),
        ({"sampling": "enriched", "enriched_share": "100"}, "must come from the other responses"),
        ({"max_overlap": "1"}, "no fewer than those wanted first"),
        ({"max_overlap": "9"}, "may get 9 labels"),
        ({"sample_size": "99"}, "There are 3 responses"),
        ({"pass_mark": "150"}, "less than or equal to 100"),
        ({"control_every": "1"}, "greater than or equal to 2"),
    ],
)
@pytest.mark.one_in(3)
def test_what_cannot_be_created_is_refused_beside_its_field(changed: dict[str, object], said: str) -> None:
    run = build.run_with_items(3)
    staff = Client()
    staff.force_login(build.person(staff=True))
    sent = _new(name="Ours", runs=[run.pk], annotators=[build.person().pk, build.person().pk], sample_size=3)
    answer = staff.post(reverse("campaign_create"), sent | changed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Campaign.objects.exists()


def test_the_campaigns_page_shows_what_goes_on_and_htmx_gets_the_moving_part(
    page: Client, campaign: Campaign
) -> None:
    address = reverse("campaign_detail", args=[campaign.pk])
    whole = page.get(address).content.decode()
    assert "Waiting for adjudication" in whole
    assert "Alignment failure by people" in whole
    part = page.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Waiting for adjudication" in part
    assert "<form" not in part  # What somebody is typing is not replaced under their hands.


def test_the_pages_queries_do_not_grow_with_the_tasks(page: Client, lead: User) -> None:
    counts = []
    for size in (2, 15):
        people = [build.person(), build.person()]
        campaign = build.campaign(build.run_with_items(size), people, leads=[lead])
        for task in campaign.tasks.all():
            for person, score in zip(people, (1, 5), strict=True):
                Flag.objects.create(assignment=build.vote(task, person, score), reason="other")
        for route in ("campaign_detail", "adjudication_queue"):
            with CaptureQueriesContext(connection) as seen:
                assert page.get(reverse(route, args=[campaign.pk])).status_code == 200
            counts.append(len(seen))
    assert counts[:2] == counts[2:]


def test_a_flag_is_resolved_on_the_campaigns_page(page: Client, campaign: Campaign) -> None:
    flag = Flag.objects.create(assignment=Assignment.objects.all()[0], reason="personal", note="A name!")
    assert "A name!" in page.get(reverse("campaign_detail", args=[campaign.pk])).content.decode()
    page.post(reverse("flag_resolve", args=[campaign.pk, flag.pk]), {"resolution": "Taken out."})
    flag.refresh_from_db()
    assert flag.resolution == "Taken out."
    assert "A name!" not in page.get(reverse("campaign_detail", args=[campaign.pk])).content.decode()


def test_a_flag_of_another_campaign_does_not_exist(page: Client, campaign: Campaign) -> None:
    other = build.campaign(build.run_with_items(1), [build.person("else")], overlap=1)
    flag = Flag.objects.create(
        assignment=build.vote(other.tasks.get(), User.objects.get(username="else"), 3), reason="other"
    )
    answer = page.post(reverse("flag_resolve", args=[campaign.pk, flag.pk]), {"resolution": "Mine."})
    assert answer.status_code == 404
    task = reverse("adjudication_task", args=[campaign.pk, other.tasks.get().pk])
    assert page.get(task).status_code == 404


def test_a_task_is_shown_without_names_models_or_judges(page: Client, campaign: Campaign) -> None:
    task = campaign.tasks.filter(state="disputed")[0]
    shown = page.get(reverse("adjudication_task", args=[campaign.pk, task.pk])).content.decode()
    assert "I say 1" in shown
    assert "I say 5" in shown
    for hidden in ("ann-otator", "ben-otator", "secret run", "secret judge", "test-model"):
        assert hidden not in shown


def test_leads_go_through_the_queue_one_by_one(page: Client, campaign: Campaign) -> None:
    follow = page.get(reverse("adjudication_next", args=[campaign.pk]), follow=True)
    first = follow.context["case"].task
    skipped = page.get(reverse("adjudication_next", args=[campaign.pk]), {"after": first.pk}, follow=True)
    second = skipped.context["case"].task
    assert {first.pk, second.pk} == set(campaign.tasks.filter(state="disputed").values_list("pk", flat=True))
    sent = {"score": "4", "rationale": "It is.", "based_on": "0"}
    answer = page.post(reverse("adjudication_task", args=[campaign.pk, first.pk]), sent)
    assert answer.headers["Location"] == reverse("adjudication_task", args=[campaign.pk, second.pk])
    answer = page.post(reverse("adjudication_task", args=[campaign.pk, second.pk]), sent)
    assert answer.headers["Location"] == reverse("adjudication_queue", args=[campaign.pk])
    assert "No tasks are waiting for you" in page.get(answer.headers["Location"]).content.decode()


@pytest.mark.parametrize(
    ("sent", "said"),
    [({"rationale": "So."}, "Choose a score"), ({"score": "4", "rationale": " "}, "Enter a rationale")],
)
def test_an_incomplete_decision_keeps_what_was_entered(
    page: Client, campaign: Campaign, sent: dict[str, str], said: str
) -> None:
    task = campaign.tasks.filter(state="disputed")[0]
    answer = page.post(reverse("adjudication_task", args=[campaign.pk, task.pk]), sent | {"based_on": "0"})
    assert answer.status_code == 422
    shown = one_line(answer.content.decode())
    assert said in shown
    assert ("So." in shown) if "score" not in sent else ('value="4" required checked' in shown)


def test_of_two_leads_the_second_sees_the_decision_and_keeps_what_they_wrote(
    page: Client, campaign: Campaign
) -> None:
    task = campaign.tasks.filter(state="disputed")[0]
    Adjudication.objects.create(task=task, adjudicator=build.person("quick"), score=2, rationale="Too long.")
    Task.objects.filter(pk=task.pk).update(state="adjudicated")
    sent = {"score": "5", "rationale": "Short enough.", "based_on": "0"}
    answer = page.post(reverse("adjudication_task", args=[campaign.pk, task.pk]), sent)
    shown = one_line(answer.content.decode())
    assert answer.status_code == 422
    assert "quick decided 2 meanwhile" in shown
    assert "Short enough." in shown
    # Sent again, with the decision in view, it stands.
    again = sent | {"based_on": answer.context["form"]["based_on"].value()}
    assert page.post(reverse("adjudication_task", args=[campaign.pk, task.pk]), again).status_code == 302
    assert Adjudication.objects.filter(task=task).order_by("-revision")[0].score == 5


def test_judges_appear_after_ones_own_decision_and_on_demand(page: Client, campaign: Campaign) -> None:
    task = campaign.tasks.filter(state="disputed")[0]
    address = reverse("adjudication_task", args=[campaign.pk, task.pk])
    reveal = reverse("adjudication_reveal", args=[campaign.pk, task.pk])
    assert page.post(reveal).status_code == 403
    page.post(address, {"score": "4", "rationale": "So.", "based_on": "0", "stay": "1"})
    assert "secret judge" not in page.get(address).content.decode()
    assert page.post(reveal).status_code == 302
    assert "secret judge" in page.get(address).content.decode()


def test_guidelines_are_edited_into_a_version_and_a_stale_edit_keeps_its_text(
    page: Client, campaign: Campaign
) -> None:
    address = reverse("campaign_guidelines", args=[campaign.pk])
    assert page.post(address, {"text": "Second.\r\nLine.", "based_on": "1"}).status_code == 302
    assert [version.text for version in campaign.guideline_versions.all()] == ["Second.\nLine.", "First."]
    answer = page.post(address, {"text": "Mine.", "based_on": "1"})
    assert answer.status_code == 422
    assert "Mine." in answer.content.decode()
    assert answer.context["form"]["based_on"].value() == "2"
    assert "4 labels by 2 people" in one_line(page.get(address).content.decode())


def test_settings_are_saved_and_people_added(page: Client, campaign: Campaign) -> None:
    address = reverse("campaign_settings", args=[campaign.pk])
    sent = {
        "max_overlap": "3",
        "lease_minutes": "20",
        "minimum_seconds": "4",
        "lowest_control_accuracy": "70",
    }
    assert page.post(address, sent).status_code == 302
    campaign.refresh_from_db()
    assert (campaign.max_overlap, campaign.lease_seconds, campaign.lowest_control_accuracy) == (3, 1200, 0.7)
    assert (campaign.reveals_judges, campaign.minimum_seconds) == (False, 4)
    assert 'value="70.0"' in page.get(address).content.decode()
    answer = page.post(address, sent | {"max_overlap": "2"})
    assert answer.status_code == 422
    assert "may only rise" in answer.content.decode()
    add = reverse("campaign_add_members", args=[campaign.pk])
    build.person("newone")
    assert (
        "No account with the username: nobody"
        in page.post(add, {"usernames": "newone, nobody", "role": "annotator"}).content.decode()
    )
    assert page.post(add, {"usernames": "newone", "role": "annotator"}).status_code == 302
    assert page.post(add, {"usernames": "newone", "role": "annotator"}).status_code == 422
    assert campaign.members.filter(user__username="newone", role="annotator").count() == 1


def test_a_campaign_is_closed_archived_hidden_and_brought_back(page: Client, campaign: Campaign) -> None:
    address = reverse("campaign_status", args=[campaign.pk])
    assert page.post(address, {"status": "archived"}).status_code == 409
    for status in ("closed", "archived"):
        assert page.post(address, {"status": status}).status_code == 302
    assert campaign.name not in page.get(reverse("campaign_list")).content.decode()
    assert campaign.name in page.get(reverse("campaign_list") + "?archived").content.decode()
    for status in ("closed", "open"):
        assert page.post(address, {"status": status}).status_code == 302
    assert campaign.name in page.get(reverse("campaign_list")).content.decode()
