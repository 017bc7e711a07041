"""Pages of campaigns too large to be computed at each visit: kept figures, said to be so, and never silently stale."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.campaigns.selectors.campaigns import campaign_progress
from annotations.campaigns.selectors.stamps import log_stamp
from annotations.campaigns.services import cached_progress
from annotations.campaigns.tasks import keep_progress
from annotations.gold.services import cached_preview as gold_kept
from annotations.gold.tasks import keep_gold_preview
from annotations.labelling.services.assignment import claim_task, reclaim_expired_assignments
from annotations.labelling.services.labels import submit_label
from annotations.models import Assignment, Campaign, GoldRelease, GoldRequest, Member, Task
from annotations.quality.selectors import quality
from annotations.quality.services import cached_quality
from annotations.quality.services.quality import pause_surely_below_bars
from annotations.quality.tasks import keep_quality
from annotations.validation.selectors import agreement as agreement
from annotations.validation.selectors.stamps import input_stamp
from annotations.validation.services import cached_staleness
from annotations.validation.services.validation import report_settings, request_report
from annotations.validation.tasks import keep_staleness
from core.cache import figures as figure_cache
from core.jobs.leasing import run_job
from tests import build
from tests.pages import one_line
from tests.query_counts import check_query_count

pytestmark = pytest.mark.django_db

CRITERIA = {"shown": "1", "rule": "majority", "states": ["open", "agreed", "disputed", "adjudicated"]}
CRITERIA |= dict.fromkeys(("minimum_labels", "minimum_agreement", "minimum_confidence"), "0")


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr(figure_cache, "wake", lambda *call: calls.append(call))
    return calls


@pytest.fixture
def campaign(monkeypatch: pytest.MonkeyPatch, woken: list[tuple[object, ...]]) -> Campaign:
    """Two people on four tasks, all of it said to be large."""
    cache.clear()
    for module in (gold_kept, cached_quality):
        monkeypatch.setattr(module, "LIVE_LABELS", 0)
    for module in (cached_progress, cached_staleness):
        monkeypatch.setattr(module, "LIVE_TASKS", 0)
    monkeypatch.setattr(agreement, "LIVE_RATINGS", 0)
    people = [build.person("ann"), build.person("bob")]
    made = build.campaign(build.run_with_items(4), people, overlap=2, leads=[build.person("lead")])
    for task, scores in zip(
        made.tasks.order_by("response__item__position"), ((5, 5), (1, 5), (4,)), strict=False
    ):
        for person, score in zip(people, scores, strict=False):
            build.vote(task, person, score)
    return made


@pytest.fixture
def lead(campaign: Campaign) -> Client:
    client = Client()
    client.force_login(campaign.members.get(user__username="lead").user)
    return client


def _revise() -> None:
    assignment = Assignment.objects.order_by("pk").first()
    assert assignment is not None
    submit_label(assignment=assignment, score=1, comment="", submission_key=uuid.uuid4(), based_on=1)


def _page(lead: Client, route: str, campaign: Campaign, *keys: object, **query: Any) -> str:
    return one_line(lead.get(reverse(route, args=[campaign.pk, *keys]), query).content.decode())


# Progress


def _progress(lead: Client, campaign: Campaign) -> dict[str, Any]:
    """The page as it is asked for by itself."""
    context = lead.get(reverse("campaign_detail", args=[campaign.pk]), headers={"HX-Request": "true"}).context
    return {name: context[name] for name in ("kept", "live", "people")}


def test_progress_of_a_large_campaign_is_counted_at_once_the_first_time(
    lead: Client, campaign: Campaign
) -> None:
    page = _page(lead, "campaign_detail", campaign)
    assert "5 of 8 labels" in page
    assert "data-being-computed" not in page


def test_progress_says_as_of_when_it_is_once_a_label_has_come_and_is_counted_anew(
    lead: Client, campaign: Campaign, woken: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figure_cache, "PATIENCE", 0)
    keep_progress(campaign.pk)
    member = campaign.members.get(user__username="bob")
    assignment = claim_task(member=member)
    assert assignment is not None
    page = _page(lead, "campaign_detail", campaign)
    assert "Data has changed since" not in page
    submit_label(assignment=assignment, score=4, comment="", submission_key=uuid.uuid4())
    page = _page(lead, "campaign_detail", campaign)
    assert page.count("Data has changed since") == 2
    assert "5 of 8 labels" in page
    assert (cached_progress.KEEP, campaign.pk) in woken
    keep_progress(campaign.pk)
    page = _page(lead, "campaign_detail", campaign)
    assert "Data has changed since" not in page
    assert "6 of 8 labels" in page


@pytest.mark.parametrize("route", ["api_campaign_activity", "api_campaign_alignment"])
def test_programs_are_told_that_counts_are_late_too(
    lead: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    monkeypatch.setattr(figure_cache, "PATIENCE", 0)

    def is_late() -> tuple[bool, bool]:
        answer = lead.get(reverse(route, args=[campaign.pk])).json()
        return not answer["is_current"], answer["as_of"] is not None

    keep_progress(campaign.pk)
    assert is_late() == (False, False)
    _revise()
    assert is_late() == (True, True)
    keep_progress(campaign.pk)
    assert is_late() == (False, False)


def test_who_is_at_work_is_never_kept(lead: Client, campaign: Campaign) -> None:
    keep_progress(campaign.pk)
    before = _progress(lead, campaign)
    member = campaign.members.get(user__username="bob")
    claim_task(member=member)
    after = _progress(lead, campaign)
    assert after["kept"].is_current
    assert [shown["live"].counts.being_labelled for shown in (before, after)] == [0, 1]
    assert [shown["live"].counts.open_slots for shown in (before, after)] == [3, 2]
    assert [shown["live"].pace.missing for shown in (before, after)] == [3, 3]
    assert {row.member.user.username: row.is_on for row in after["people"]}["bob"]


def test_kept_progress_is_what_would_be_counted_now(
    lead: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_progress(campaign.pk)
    cached = _progress(lead, campaign)
    monkeypatch.setattr(cached_progress, "LIVE_TASKS", 100)
    now = _progress(lead, campaign)
    assert cached["live"].counts == now["live"].counts == campaign_progress(campaign)
    assert [(row.member, row.labels, row.skips) for row in cached["people"]] == [
        (row.member, row.labels, row.skips) for row in now["people"]
    ]
    for name in ("skips", "by_category", "by_stratum", "disputed", "open_flags"):
        assert getattr(cached["live"], name) == getattr(now["live"], name)


def test_extracting_an_answer_again_makes_the_alignment_stale(lead: Client, campaign: Campaign) -> None:
    keep_progress(campaign.pk)
    item = campaign.tasks.order_by("pk")[0].response.item
    item.responses.filter(condition="baseline").update(answer="D")
    assert not _progress(lead, campaign)["kept"].is_current


def test_a_task_that_wants_no_more_labels_when_a_lease_runs_out_is_in_the_log(
    lead: Client, campaign: Campaign
) -> None:
    """It was on one slot more, for a disagreement that a revision has ended since."""
    Campaign.objects.update(max_overlap=3)
    task = campaign.tasks.get(score_range=4)
    Task.objects.filter(pk=task.pk).update(wanted_labels=3, state="open")
    member = Member.objects.create(campaign=campaign, user=build.person())
    Assignment.objects.create(task=task, member=member, leased_until=timezone.now() - timedelta(minutes=1))
    ann = task.assignments.get(member__user__username="ann")
    submit_label(assignment=ann, score=5, comment="", submission_key=uuid.uuid4())
    keep_progress(campaign.pk)
    before = _progress(lead, campaign)
    reclaim_expired_assignments()
    assert not _progress(lead, campaign)["kept"].is_current
    keep_progress(campaign.pk)
    after = _progress(lead, campaign)
    assert after["live"].counts.open == before["live"].counts.open - 1
    assert after["live"].counts.labels_wanted == before["live"].counts.labels_wanted - 1


# Quality


def test_quality_waits_for_a_worker_and_names_everybody_meanwhile(
    lead: Client, campaign: Campaign, woken: list[tuple[object, ...]]
) -> None:
    page = _page(lead, "quality", campaign)
    assert "data-being-computed" in page
    assert page.count("not computed yet") == campaign.members.count()
    assert woken == [(cached_quality.KEEP, campaign.pk)]
    keep_quality(campaign.pk)
    page = _page(lead, "quality", campaign)
    assert "data-being-computed" not in page
    assert "not computed yet" not in page


def test_quality_says_as_of_when_it_is_once_a_label_has_come(lead: Client, campaign: Campaign) -> None:
    keep_quality(campaign.pk)
    ann = campaign.members.get(user__username="ann")
    before = _page(lead, "quality_detail", campaign, ann.pk)
    assert "Data has changed since" not in before
    _revise()
    after = _page(lead, "quality_detail", campaign, ann.pk)
    assert "Data has changed since" in after
    assert "Over time" in after
    keep_quality(campaign.pk)
    assert "Data has changed since" not in _page(lead, "quality_detail", campaign, ann.pk)


def test_a_person_can_be_paused_before_their_figures_are_there(lead: Client, campaign: Campaign) -> None:
    ann = campaign.members.get(user__username="ann")
    page = _page(lead, "quality_detail", campaign, ann.pk)
    assert "Computing.</strong>" in page
    assert 'value="pause"' in page


def test_pausing_never_rests_on_kept_figures(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(lowest_agreement=0.3)
    campaign.refresh_from_db()
    read: list[Campaign] = []
    labels_of = quality.campaign_labels

    def labels_now(asked: Campaign) -> quality.CampaignLabels:
        read.append(asked)
        return labels_of(asked)

    monkeypatch.setattr(quality, "campaign_labels", labels_now)
    pause_surely_below_bars(campaign=campaign)
    assert read == [campaign]


def test_queries_of_kept_quality_do_not_grow_with_people(lead: Client, campaign: Campaign) -> None:
    def add(n: int) -> None:
        for _ in range(n):
            Member.objects.create(campaign=campaign, user=build.person())
        keep_quality(campaign.pk)

    address = reverse("quality", args=[campaign.pk])
    check_query_count("quality of a large campaign", add_rows=add, ask=lambda: lead.get(address))


# Gold


def test_gold_is_previewed_by_a_worker_by_the_criteria_that_were_asked_for(
    lead: Client, campaign: Campaign, woken: list[tuple[object, ...]]
) -> None:
    waiting = _page(lead, "campaign_gold", campaign, **CRITERIA)
    assert "data-being-computed" in waiting
    assert "Release gold" not in waiting
    ((task, key, criteria),) = woken
    assert (task, key) == (gold_kept.KEEP, campaign.pk)
    keep_gold_preview(campaign.pk, str(criteria))
    page = _page(lead, "campaign_gold", campaign, **CRITERIA)
    assert "data-being-computed" not in page
    assert "Release gold" in page
    listed = _page(lead, "gold_left_out", campaign, "tied", **CRITERIA)
    assert "1 task would be excluded" in listed


def test_a_preview_that_labels_have_overtaken_says_so_and_releases_nothing(
    lead: Client, campaign: Campaign, woken: list[tuple[object, ...]]
) -> None:
    address = reverse("campaign_gold", args=[campaign.pk])
    lead.get(address, CRITERIA)
    keep_gold_preview(campaign.pk, str(woken[0][2]))
    seen = lead.get(address, CRITERIA).context["preview"].fingerprint
    _revise()
    assert "Data has changed since" in _page(lead, "campaign_gold", campaign, **CRITERIA)
    answer = lead.post(reverse("gold_release", args=[campaign.pk]), CRITERIA | {"seen": seen})
    request = GoldRequest.objects.get()
    assert answer.headers["Location"] == reverse("gold_request", args=[request.pk])
    run_job(request)
    assert "changed since the preview" in lead.get(answer.headers["Location"]).content.decode()
    assert not GoldRelease.objects.exists()


def test_what_cannot_be_previewed_is_said_once_it_is_known(
    lead: Client, campaign: Campaign, woken: list[tuple[object, ...]]
) -> None:
    Assignment.objects.filter(task__campaign=campaign).update(is_set_aside=True)
    assert _page(lead, "campaign_gold", campaign).count("Nothing is labelled yet") == 0
    keep_gold_preview(campaign.pk, str(woken[0][2]))
    assert "Nothing is labelled yet" in _page(lead, "campaign_gold", campaign)


# Agreement and the report


def test_agreement_of_a_large_campaign_offers_to_compute_the_report(lead: Client, campaign: Campaign) -> None:
    page = _page(lead, "campaign_agreement", campaign)
    assert "No validation report has been computed yet" in page
    assert reverse("validation_request", args=[campaign.pk]) in page


def test_agreement_of_a_large_campaign_is_that_of_the_report_and_says_as_of_when(
    lead: Client, campaign: Campaign
) -> None:
    report = run_job(request_report(campaign=campaign, settings=report_settings()))
    assert report.document is not None
    checking = _page(lead, "campaign_agreement", campaign)
    assert "is being checked" in checking
    keep_staleness(report.pk)
    page = _page(lead, "campaign_agreement", campaign)
    assert "out of date" not in page
    assert "Agreement as of" in page
    assert f"{report.document['people']['alpha']['value']:.2f}" in page
    _revise()
    assert "may be out of date" in _page(lead, "campaign_agreement", campaign)
    keep_staleness(report.pk)
    stale = _page(lead, "campaign_agreement", campaign)
    assert "are out of date" in stale
    assert "Compute it again" in stale


def test_programs_are_sent_to_the_report_of_a_large_campaign(lead: Client, campaign: Campaign) -> None:
    answer = lead.get(reverse("api_agreement", args=[campaign.pk]))
    assert answer.status_code == 409
    assert answer.json()["code"] == "report_needed"
    assert answer.json()["validation"] == reverse("api_validation", args=[campaign.pk])


def test_the_validation_page_of_a_large_campaign_is_not_silently_stale(
    lead: Client, campaign: Campaign
) -> None:
    report = run_job(request_report(campaign=campaign, settings=report_settings()))
    keep_staleness(report.pk)
    assert "out of date" not in _page(lead, "validation", campaign)
    _revise()
    assert "may be out of date" in _page(lead, "validation", campaign)


# Stamps


def test_reading_a_campaign_leaves_its_stamp_and_changing_it_does_not(campaign: Campaign) -> None:
    before = log_stamp(campaign), input_stamp(campaign)
    run_job(request_report(campaign=campaign, settings=report_settings()))
    assert (log_stamp(campaign), input_stamp(campaign)) == before
    _revise()
    assert log_stamp(campaign) != before[0]
    assert input_stamp(campaign) != before[1]


def test_a_judgment_changes_the_stamp_of_the_input_alone(campaign: Campaign) -> None:
    before = log_stamp(campaign), input_stamp(campaign)
    build.judgment(campaign.tasks.order_by("pk")[0].response.item, 2)
    assert log_stamp(campaign) == before[0]
    assert input_stamp(campaign) != before[1]
