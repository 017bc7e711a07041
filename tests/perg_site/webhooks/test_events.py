"""The events that webhooks get: what happened to runs, campaigns, reports and releases."""

import pytest

from annotations.adjudication.services import adjudicate
from annotations.campaigns.services.completion import note_completed
from annotations.gold.services.gold import release_gold
from annotations.validation.services.validation import report_settings, request_report
from core.jobs.leasing import run_job
from core.models import AuditEvent, User
from core.models.audit import named
from evaluation.engine.steps.advance import advance_run
from evaluation.models import Completion, Item, Run
from evaluation.runs.services.control import cancel_run
from perg.stats.gold.gold_criteria import EVERY_TASK
from perg_site.models import Delivery, Webhook
from perg_site.models.webhook import Event
from perg_site.webhooks.outbox import announce
from tests import build


@pytest.mark.django_db
class TestWhatIsTold:
    @pytest.fixture
    def told(self, admin: User) -> Webhook:
        return build.webhook(admin, "https://example.org")[0]

    def events(self) -> list[tuple[str, dict[str, object]]]:
        return [(each.event, each.payload["data"]) for each in Delivery.objects.order_by("pk")]

    def test_a_run_that_finishes(self, told: Webhook) -> None:
        run = build.run_with_items(2)
        Run.objects.filter(pk=run.pk).update(status="running")
        for _ in range(2):
            advance_run(Run.objects.get(pk=run.pk))
        ((event, data),) = self.events()
        assert event == "run.finished"
        run_told = data["run"]
        assert isinstance(run_told, dict)
        assert (run_told["id"], run_told["status"], run_told["items"], run_told["failed"]) == (
            run.pk,
            "complete",
            2,
            0,
        )

    def test_a_run_of_which_every_item_failed(self, told: Webhook) -> None:
        run = build.run_with_items(2)
        Item.objects.filter(run=run).update(status="failed", failure="not_recorded")
        Run.objects.filter(pk=run.pk).update(status="running")
        advance_run(Run.objects.get(pk=run.pk))
        ((event, data),) = self.events()
        assert (event, data["reason"]) == ("run.failed", "every_item_failed")

    def test_a_run_that_is_cancelled(self, told: Webhook) -> None:
        run = build.run_with_items(1)
        Run.objects.filter(pk=run.pk).update(status="running")
        cancel_run(run=run, actor=None)
        ((event, data),) = self.events()
        assert (event, data["reason"]) == ("run.failed", "cancelled")

    def test_a_run_that_has_reached_its_budget(self, told: Webhook) -> None:
        from evaluation.engine.calls.claims import claim_completions

        run = build.run_with_items(1)
        Run.objects.filter(pk=run.pk).update(status="running", call_budget=1, calls=1)
        Completion.objects.create(
            endpoint=run.endpoint,
            run=run,
            request_key="k",
            request={"model": "m", "messages": [{"role": "user", "content": "?"}], "max_tokens": 5},
        )
        claim_completions(run.endpoint, limit=5)
        assert Run.objects.get(pk=run.pk).status == "budget_reached"
        ((event, data),) = self.events()
        assert (event, data["reason"]) == ("run.failed", "budget_reached")

    def test_a_campaign_is_complete_again_after_a_decision(self, told: Webhook) -> None:
        ann, bob, lead = build.person(), build.person(), build.person()
        campaign = build.campaign(build.run_with_items(2), [ann, bob], leads=[lead])
        first, second = campaign.tasks.all()
        build.vote(first, ann, 4)
        build.vote(first, bob, 4)
        build.vote(second, ann, 1)
        assert note_completed() == []
        build.vote(second, bob, 5)
        assert note_completed() == [], "it waits for an adjudication"
        adjudicate(task=second, adjudicator=lead, score=4, rationale="So.", based_on=0)
        assert note_completed() == [campaign]
        assert note_completed() == []
        ((event, data),) = self.events()
        assert event == "campaign.completed"
        assert data["campaign"] == {
            "id": campaign.pk,
            "name": campaign.name,
            "status": "open",
            "tasks": 2,
            "labels": 4,
            "adjudicated": 1,
        }
        assert AuditEvent.objects.filter(action="campaign.completed", scope=named(campaign)).count() == 1
        adjudicate(task=second, adjudicator=lead, score=2, rationale="No, so.", based_on=1)
        assert note_completed() == [campaign]

    def test_an_archived_campaign_is_not_looked_at(self, told: Webhook) -> None:
        ann = build.person()
        campaign = build.campaign(build.run_with_items(1), [ann], overlap=1)
        build.vote(campaign.tasks.get(), ann, 4)
        type(campaign).objects.filter(pk=campaign.pk).update(status="archived")
        assert note_completed() == []

    def test_a_report_and_a_release(self, told: Webhook) -> None:
        ann = build.person()
        run = build.run_with_items(3)
        campaign = build.campaign(run, [ann], overlap=1)
        for task in campaign.tasks.all():
            build.vote(task, ann, 4)
        run_job(request_report(campaign=campaign, settings=report_settings()))
        release = release_gold(campaign=campaign, criteria=EVERY_TASK)
        (ready, report), (released, gold) = self.events()
        assert (ready, released) == ("report.ready", "gold.released")
        assert isinstance(report["report"], dict)
        assert report["report"]["id"] == campaign.validation_reports.get().pk
        assert isinstance(gold["release"], dict)
        assert gold["release"]["checksum"] == release.checksum

    def test_only_what_was_asked_for(self, admin: User) -> None:
        gold, _ = build.webhook(admin, "https://example.org", "gold.released", name="gold")
        announce(Event.RUN_FINISHED, {})
        assert not Delivery.objects.exists()
        announce(Event.GOLD_RELEASED, {})
        assert Delivery.objects.get().webhook == gold
