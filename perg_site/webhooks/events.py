"""Events for programs: a receiver for each signal of the apps, connected when the site starts."""

from django.db.models import Count, Q

from annotations.campaigns.selectors.campaigns import campaign_progress
from annotations.models import Campaign, GoldRelease, ValidationReport
from annotations.signals import campaign_completed, gold_released, report_ready
from evaluation.models import Item, Run
from evaluation.models.item import ItemStatus
from evaluation.signals import run_failed, run_finished
from perg_site.models import Webhook
from perg_site.models.webhook import Event
from perg_site.webhooks.outbox import announce


def connect() -> None:
    run_finished.connect(_run_finished, dispatch_uid="webhooks")
    run_failed.connect(_run_failed, dispatch_uid="webhooks")
    campaign_completed.connect(_campaign_completed, dispatch_uid="webhooks")
    report_ready.connect(_report_ready, dispatch_uid="webhooks")
    gold_released.connect(_gold_released, dispatch_uid="webhooks")


def _is_told(event: Event) -> bool:
    """Whether anybody listens: if not, nothing has to be counted for them."""
    return Webhook.objects.filter(is_active=True, events__contains=[event.value]).exists()


def _run_finished(run: Run, **_: object) -> None:
    if _is_told(Event.RUN_FINISHED):
        announce(Event.RUN_FINISHED, {"run": _run(run)})


def _run_failed(run: Run, reason: str, **_: object) -> None:
    if _is_told(Event.RUN_FAILED):
        announce(Event.RUN_FAILED, {"run": _run(run), "reason": reason})


def _run(run: Run) -> dict[str, object]:
    run = Run.objects.select_related("endpoint").get(pk=run.pk)  # as it is in this transaction
    items = Item.objects.filter(run=run).aggregate(
        items=Count("pk"),
        done=Count("pk", filter=Q(status=ItemStatus.DONE)),
        failed=Count("pk", filter=Q(status=ItemStatus.FAILED)),
    )
    return {
        "id": run.pk,
        "name": run.name,
        "batch": run.batch_id,
        "model": run.model_name,
        "method": run.method,
        "setting": run.setting,
        "status": run.status,
        **items,
        "calls": run.calls,
        "spent": str(run.spent),
    }


def _campaign_completed(campaign: Campaign, **_: object) -> None:
    if not _is_told(Event.CAMPAIGN_COMPLETED):
        return
    progress = campaign_progress(campaign)
    facts = {"tasks": progress.tasks, "labels": progress.labels, "adjudicated": progress.adjudicated}
    announce(Event.CAMPAIGN_COMPLETED, {"campaign": _campaign(campaign) | facts})


def _report_ready(report: ValidationReport, **_: object) -> None:
    criterion = None if report.criterion is None else report.criterion.key
    facts = {
        "id": report.pk,
        "criterion": criterion,
        "input_hash": report.input_hash,
        "code_version": report.code_version,
    }
    announce(Event.REPORT_READY, {"report": facts, "campaign": _campaign(report.campaign)})


def _gold_released(release: GoldRelease, **_: object) -> None:
    facts = {"id": release.pk, "number": release.number, "checksum": release.checksum}
    announce(Event.GOLD_RELEASED, {"release": facts, "campaign": _campaign(release.campaign)})


def _campaign(campaign: Campaign) -> dict[str, object]:
    return {"id": campaign.pk, "name": campaign.name, "status": campaign.status}
