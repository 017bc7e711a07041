"""The home page: what needs whom, for people without anything, annotators, leads and admins."""

import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.labelling.services.assignment import claim_task
from annotations.labelling.services.labels import submit_label
from annotations.models import Flag
from core.models import User
from evaluation.models import CatalogueBuild, Completion, Item, Run
from tests import build
from tests.query_counts import check_query_count

pytestmark = pytest.mark.django_db


def _home(person: User) -> str:
    client = Client()
    client.force_login(person)
    response = client.get(reverse("home"))
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def test_who_is_in_no_campaign_is_told_how_tasks_come() -> None:
    page = _home(build.person("ann"))
    assert "You are not in any campaign." in page
    assert "Your username is <strong>ann</strong>" in page
    assert "First steps" not in page


def test_an_annotator_sees_where_tasks_wait_and_where_not() -> None:
    ann, ben = build.person(), build.person()
    campaign = build.campaign(build.run_with_items(1), [ann, ben], overlap=1)
    assert "Start labelling" in _home(ann)
    task = claim_task(member=campaign.members.get(user=ann))
    assert task is not None
    assert "Start labelling" in _home(ann)  # it is in hand
    assert "No tasks are waiting for you" in _home(ben)
    submit_label(assignment=task, score=4, comment="", submission_key=uuid.uuid4())
    page = _home(ann)
    assert "No tasks are waiting for you" in page
    assert "You have labelled 1." in page


def test_an_annotator_sees_a_qualification_a_pause_and_a_closed_campaign() -> None:
    ann = build.person()
    run = build.run_with_items(2)
    campaign = build.campaign(run, [ann], overlap=1, pass_mark=0.5)
    response = build.item(run).responses.get(condition="personalised")
    build.control(campaign=campaign, response=response, score=4, kind="qualification", actor=None)
    assert reverse("qualification", args=[campaign.pk]) in _home(ann)
    campaign.members.update(qualified_at=timezone.now(), paused_at=timezone.now())
    page = _home(ann)
    assert "You are paused in this campaign" in page
    assert "Start labelling" not in page
    campaign.members.update(paused_at=None)
    campaign.status = "closed"
    campaign.save()
    assert "This campaign is not open for labelling" in _home(ann)


def test_an_annotator_reads_neither_run_nor_model_nor_what_only_leads_see() -> None:
    ann = build.person()
    run = build.run_with_items(1)
    campaign = build.campaign(run, [ann], overlap=1, leads=[build.person()])
    page = _home(ann)
    for hidden in (run.name, run.model_name, reverse("validation", args=[campaign.pk]), "judge_list"):
        assert hidden not in page


def test_a_lead_sees_what_waits_in_the_campaigns_that_they_lead_and_in_no_other() -> None:
    lead, ann, ben = build.person(), build.person(), build.person()
    campaign = build.campaign(build.run_with_items(3), [ann, ben], leads=[lead])
    other = build.campaign(build.run_with_items(1), [ann, ben])
    page = _home(lead)
    assert "3 tasks waiting for labels" in page
    assert str(other) not in page
    task = campaign.tasks.first()
    assert task is not None
    assignment = build.vote(task, ann, 1)
    build.vote(task, ben, 5)
    Flag.objects.create(assignment=assignment, reason="other")
    campaign.members.filter(user=ben).update(paused_at=timezone.now())
    page = _home(lead)
    assert "1 waiting for adjudication" in page
    assert "1 flag to resolve" in page
    assert "1 person paused" in page


def test_a_report_is_stale_once_labels_have_come_and_says_when_it_failed() -> None:
    lead, ann = build.person(), build.person()
    campaign = build.campaign(build.run_with_items(2), [ann], overlap=1, leads=[lead])
    report = campaign.validation_reports.create(
        status="ready", settings={}, input_hash="0" * 64, document={}, finished_at=timezone.now()
    )
    page = _home(lead)
    assert "The validation report is ready" in page
    assert "stale" not in page
    task = claim_task(member=campaign.members.get(user=ann))
    assert task is not None
    submit_label(assignment=task, score=4, comment="", submission_key=uuid.uuid4())
    assert "The validation report is out of date" in _home(lead)
    report.status, report.document = "failed", None
    report.failure, report.failure_code = "no worker", "worker_lost"
    report.save()
    assert "could not be computed" in _home(lead)


def test_a_report_is_stale_once_a_run_has_finished_since() -> None:
    lead = build.person()
    run = build.run_with_items(1)
    campaign = build.campaign(run, [build.person()], overlap=1, leads=[lead])
    campaign.validation_reports.create(
        status="ready", settings={}, input_hash="0" * 64, document={}, finished_at=timezone.now()
    )
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now())
    assert "The validation report is out of date" in _home(lead)


def test_an_admin_with_nothing_yet_is_shown_the_first_steps_and_what_is_done_of_them() -> None:
    admin = build.person(staff=True)
    page = _home(admin)
    assert "First steps" in page
    assert page.count("done</span>") == 0
    build.question()
    assert _home(admin).count("done</span>") == 1
    build.campaign(build.run_with_items(1), [build.person()], overlap=1)
    assert "First steps" not in _home(admin)


def test_an_admin_sees_what_runs_what_failed_and_what_has_run_out_of_money() -> None:
    admin = build.person(staff=True)
    running, stopped, failed, cancelled = (build.run_with_items(3) for _ in range(4))
    Run.objects.filter(pk=running.pk).update(status="running")
    Run.objects.filter(pk=stopped.pk).update(status="budget_reached")
    Run.objects.filter(pk=cancelled.pk).update(status="cancelled")
    Item.objects.filter(run__in=[failed, cancelled], position__lte=2).update(status="failed", failure="why")
    Item.objects.filter(run=running, position=1).update(status="pending")
    Completion.objects.create(
        endpoint=failed.endpoint,
        request_key="k",
        request={},
        status="failed",
        error_code="timeout",
        finished_at=timezone.now(),
    )
    proposal = build.proposal()
    page = _home(admin)
    assert f"<strong>Running:</strong> {running}, 2 of 3 items" in page
    assert f"<strong>Budget reached:</strong> {stopped} stopped at 3 of 3" in page
    assert f"<strong>2 items failed</strong> in {failed}" in page
    assert f"failed</strong> in {cancelled}" not in page
    assert f"{reverse('run_item_list', args=[failed.pk])}?show=failed" in page
    assert f"Calls to {failed.endpoint} failed" in page
    assert f"<strong>Proposals to review:</strong> {CatalogueBuild.objects.get(pk=proposal.build_id)}" in page


def test_the_way_to_every_task_starts_at_home() -> None:
    admin = build.person(staff=True)
    campaign = build.campaign(build.run_with_items(1), [admin], overlap=1)
    page = _home(admin)
    for address in (
        reverse("label_next", args=[campaign.pk]),
        reverse("batch_launch"),
        reverse("judge_list"),
        reverse("validation", args=[campaign.pk]),
        reverse("campaign_gold", args=[campaign.pk]),
    ):
        assert f'href="{address}"' in page


def test_the_home_page_asks_as_often_for_many_as_for_few() -> None:
    admin = build.person(staff=True)
    client = Client()
    client.force_login(admin)

    def add(count: int) -> None:
        for status in ("complete", "running", "paused", "budget_reached") * count:
            run = build.run_with_items(2)
            Run.objects.filter(pk=run.pk).update(status=status)
            build.campaign(run, [admin], overlap=1)
            Item.objects.filter(run=run, position=1).update(status="failed", failure="why")

    check_query_count("home", add_rows=add, ask=lambda: client.get(reverse("home")))
