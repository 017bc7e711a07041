"""Creating campaigns and changing them: the sample, settings, status, guidelines, and what is refused in words."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.campaigns.selectors.campaigns import campaigns_of
from annotations.campaigns.selectors.guidelines import guidelines_with_counts
from annotations.campaigns.services.campaigns import add_members, change_settings, set_campaign_status
from annotations.campaigns.services.guidelines import revise_guidelines
from annotations.campaigns.services.sampling import draw_sample
from annotations.models import Assignment, Campaign, Task
from annotations.models.campaign import CampaignStatus, Sampling
from core.errors import Conflict, DomainError
from core.models import AuditEvent
from evaluation.models import Run
from tests import build


def _run_of_sources(**counts: int) -> Run:
    run = build.run()
    for source, count in counts.items():
        for _ in range(count):
            build.item(run, source=source)
    return run


@pytest.mark.django_db
def test_tasks_are_personalised_responses_with_all_slots_open() -> None:
    campaign = build.campaign(build.run_with_items(4), [build.person(), build.person()], size=3)
    tasks = list(campaign.tasks.select_related("response"))
    assert len({task.response_id for task in tasks}) == 3
    assert {task.response.condition for task in tasks} == {"personalised"}
    assert {(task.wanted_labels, task.open_slots) for task in tasks} == {(2, 2)}
    assert {task.inclusion_probability for task in tasks} == {0.75}


@pytest.mark.django_db
def test_the_same_seed_draws_the_same_sample_and_another_seed_another() -> None:
    run = build.run_with_items(60)
    first, again, other = (
        {drawn.response for drawn in draw_sample([run], sampling="random", size=20, rng=random.Random(seed))}
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


@pytest.mark.django_db
def test_a_stratified_sample_keeps_the_proportions_and_misses_no_stratum() -> None:
    run = _run_of_sources(big=30, middle=9, small=1)
    sample = draw_sample([run], sampling=Sampling.BY_SOURCE, size=8, rng=random.Random(1))
    assert Counter(drawn.stratum for drawn in sample) == {"big": 6, "middle": 1, "small": 1}
    assert {drawn.stratum: drawn.probability for drawn in sample} == {
        "big": 6 / 30,
        "middle": 1 / 9,
        "small": 1,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("size", [0, 4])
def test_a_sample_that_cannot_be_drawn_is_refused(size: int) -> None:
    with pytest.raises(DomainError, match="There are 3 responses") as refusal:
        draw_sample([build.run_with_items(3)], sampling="random", size=size, rng=random.Random(1))
    assert refusal.value.field == "sample_size"


@pytest.mark.django_db
def test_items_without_a_preference_to_follow_are_never_drawn() -> None:
    with pytest.raises(DomainError, match="There are 0 responses"):
        build.campaign(build.run_with_items(2, setting="irrelevant"), [build.person()], overlap=1)
    assert not Campaign.objects.exists()


@pytest.mark.django_db
def test_more_labels_than_people_are_refused_and_nothing_is_left_behind() -> None:
    with pytest.raises(DomainError, match="2 labels by different people, but the campaign has 1"):
        build.campaign(build.run_with_items(1), [build.person()], overlap=2)
    assert not Campaign.objects.exists()


@pytest.mark.django_db
def test_a_campaign_may_draw_from_several_runs() -> None:
    first, second = build.run_with_items(6), build.run_with_items(2)
    campaign = build.campaign([first, second], [build.person()], overlap=1, size=4, sampling="run")
    drawn = Counter(Task.objects.values_list("response__item__run", flat=True))
    assert drawn == {first.pk: 3, second.pk: 1}
    assert set(campaign.runs.all()) == {first, second}


OPEN, PAUSED, CLOSED, ARCHIVED = CampaignStatus


@pytest.mark.django_db
@pytest.mark.parametrize("before", CampaignStatus)
@pytest.mark.parametrize("after", CampaignStatus)
def test_a_status_changes_only_as_it_may(before: CampaignStatus, after: CampaignStatus) -> None:
    lead = build.person()
    campaign = build.campaign(build.run_with_items(1), [build.person()], overlap=1, leads=[lead])
    Campaign.objects.filter(pk=campaign.pk).update(status=before)
    if (before, after) in {
        (OPEN, PAUSED),
        (OPEN, CLOSED),
        (PAUSED, OPEN),
        (PAUSED, CLOSED),
        (CLOSED, OPEN),
        (CLOSED, ARCHIVED),
        (ARCHIVED, CLOSED),
    }:
        set_campaign_status(campaign=campaign, status=after, actor=lead)
        event = AuditEvent.objects.latest("pk")
        assert (event.actor, event.details["before"]) == (lead, before)
        assert event.action == ("campaign.reopened" if after == OPEN else f"campaign.{after.value}")
    else:
        with pytest.raises(Conflict, match="already" if before == after else "does not become"):
            set_campaign_status(campaign=campaign, status=after, actor=lead)
        after = before
    assert Campaign.objects.get().status == after


@pytest.mark.django_db
def test_closing_takes_back_what_people_have_in_hand() -> None:
    annotator = build.person()
    campaign = build.campaign(build.run_with_items(2), [annotator], overlap=1)
    task = campaign.tasks.all()[0]
    Task.objects.filter(pk=task.pk).update(open_slots=0)
    held = Assignment.objects.create(
        task=task, member=campaign.members.get(), leased_until=timezone.now() + timedelta(minutes=5)
    )
    set_campaign_status(campaign=campaign, status=CLOSED)
    held.refresh_from_db()
    task.refresh_from_db()
    assert (held.status, held.leased_until, task.open_slots) == ("released", None, 1)
    assert AuditEvent.objects.latest("pk").details["released"] == 1


@pytest.mark.django_db
def test_an_archived_campaign_is_in_no_list_but_that_of_archived_ones() -> None:
    lead = build.person()
    campaign = build.campaign(build.run_with_items(1), [lead], overlap=1, leads=[lead])
    Campaign.objects.update(status=ARCHIVED)
    assert list(campaigns_of(lead)["campaigns"]) == []  # type: ignore[call-overload]
    assert campaigns_of(lead)["archived_count"] == 1
    assert list(campaigns_of(lead, archived=True)["campaigns"]) == [campaign]  # type: ignore[call-overload]


@pytest.mark.django_db
def test_a_campaign_keeps_all_that_it_was_created_with() -> None:
    people = [build.person() for _ in range(4)]
    chosen: dict[str, Any] = {
        "max_overlap": 4,
        "disagreement": "threshold",
        "disagreement_range": 3,
        "asks_correctness": True,
        "labels_per_person": 50,
        "minimum_seconds": 4,
        "control_every": 10,
        "pass_mark": 0.8,
        "qualification_attempts": 2,
        "lowest_control_accuracy": 0.7,
        "lowest_agreement": 0.2,
        "reveals_judges": True,
        "lease_seconds": 600,
    }
    build.campaign(build.run_with_items(1), people, **chosen)
    campaign = Campaign.objects.get()
    assert {name: getattr(campaign, name) for name in chosen} == chosen
    assert AuditEvent.objects.get().action == "campaign.created"


@pytest.mark.django_db
@pytest.mark.parametrize(("most", "said"), [(1, "no fewer than"), (4, "may get 4 labels .* has 3 people")])
def test_a_maximum_below_the_start_or_above_the_people_is_refused(most: int, said: str) -> None:
    people = [build.person() for _ in range(3)]
    with pytest.raises(DomainError, match=said) as refusal:
        build.campaign(build.run_with_items(1), people, max_overlap=most)
    assert refusal.value.field == "max_overlap"


@pytest.mark.django_db
def test_settings_change_what_is_harmless_and_tell_the_log() -> None:
    lead = build.person()
    campaign = build.campaign(build.run_with_items(1), [build.person(), lead], leads=[lead])
    change_settings(campaign=campaign, actor=lead, minimum_seconds=3, lease_seconds=900, reveals_judges=True)
    event = AuditEvent.objects.latest("pk")
    assert event.action == "campaign.changed"
    assert event.details == {
        "before": {"minimum_seconds": None, "reveals_judges": False},
        "after": {"minimum_seconds": 3, "reveals_judges": True},
    }
    change_settings(campaign=campaign, actor=lead, minimum_seconds=3)
    assert AuditEvent.objects.latest("pk") == event  # Nothing changed, nothing to tell.


@pytest.mark.django_db
def test_the_maximum_only_rises_and_what_is_disputed_asks_people_again() -> None:
    people = [build.person() for _ in range(3)]
    campaign = build.campaign(build.run_with_items(2), people)
    task, other = campaign.tasks.all()
    for person, score in zip(people, (1, 5), strict=False):
        build.vote(task, person, score)
        build.vote(other, person, 4)
    assert Task.objects.get(pk=task.pk).state == "disputed"
    change_settings(campaign=campaign, actor=people[0], max_overlap=3)
    task.refresh_from_db()
    other.refresh_from_db()
    assert (task.state, task.wanted_labels, task.open_slots) == ("open", 3, 1)
    assert (other.state, other.wanted_labels) == ("agreed", 2)
    with pytest.raises(DomainError, match="only rise: it is 3 now"):
        change_settings(campaign=campaign, actor=people[0], max_overlap=2)
    with pytest.raises(DomainError, match="has 3 people"):
        change_settings(campaign=campaign, actor=people[0], max_overlap=4)


@pytest.mark.django_db
def test_people_are_added_once() -> None:
    lead, new = build.person(), build.person("new")
    campaign = build.campaign(build.run_with_items(1), [lead], overlap=1, leads=[lead])
    (member,) = add_members(campaign=campaign, people=[new], role="annotator", actor=lead)
    assert Campaign.objects.visible_to(new).get() == campaign
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.details) == ("member.added", {"username": "new", "role": "annotator"})
    member.is_active = False
    member.save()
    with pytest.raises(Conflict, match="in the campaign already"):
        add_members(campaign=campaign, people=[build.person(), new], role="lead", actor=lead)
    assert campaign.members.count() == 2


@pytest.mark.django_db
def test_every_change_of_the_guidelines_is_a_version_and_a_stale_one_is_refused() -> None:
    lead = build.person()
    campaign = build.campaign(build.run_with_items(1), [lead], overlap=1, guidelines="First.")
    build.vote(campaign.tasks.get(), lead, 4)
    revise_guidelines(campaign=campaign, text=" Second. ", author=lead, based_on=1)
    newest = campaign.guidelines
    assert newest is not None
    assert (newest.version, newest.text) == (2, "Second.")
    rows: list[Any] = list(guidelines_with_counts(campaign))
    assert [(row.version, row.label_count, row.person_count) for row in rows] == [(2, 0, 0), (1, 1, 1)]
    assert AuditEvent.objects.latest("pk").action == "guidelines.revised"
    with pytest.raises(Conflict, match=f"Version 2 was written by {lead.username}"):
        revise_guidelines(campaign=campaign, text="Mine.", author=lead, based_on=1)
    with pytest.raises(DomainError, match="Nothing has changed"):
        revise_guidelines(campaign=campaign, text="Second.", author=lead, based_on=2)
    assert campaign.guideline_versions.count() == 2


@pytest.mark.django_db
def test_people_see_and_lead_their_own_campaigns_only() -> None:
    annotator, lead, outsider, staff = (
        build.person(),
        build.person(),
        build.person(),
        build.person(staff=True),
    )
    campaign = build.campaign(build.run_with_items(1), [annotator], overlap=1, leads=[lead])
    other = build.campaign(build.run_with_items(1), [outsider], overlap=1)

    def seen(user: object) -> tuple[set[Campaign], set[Campaign]]:
        return set(Campaign.objects.visible_to(user)), set(Campaign.objects.led_by(user))  # type: ignore[arg-type]

    assert seen(annotator) == ({campaign}, set())
    assert seen(lead) == ({campaign}, {campaign})
    assert seen(outsider) == ({other}, set())
    assert seen(staff) == ({campaign, other}, {campaign, other})
    assert seen(AnonymousUser()) == (set(), set())
    campaign.members.update(is_active=False)
    assert seen(lead) == (set(), set())


@pytest.mark.django_db
def test_a_new_campaign_starts_with_a_sample_that_its_run_has(staff: Client) -> None:
    run = build.run_with_items(3)
    page = staff.get(reverse("campaign_create"), {"run": run.pk})
    assert page.context["form"]["sample_size"].value() == 3
    assert staff.get(reverse("campaign_create")).context["form"]["sample_size"].value() == 100
    assert staff.get(reverse("campaign_create"), {"run": 10**9}).context["form"]["sample_size"].value() == 100
