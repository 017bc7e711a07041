"""Moving a run on: answer its items, have them judged, and close it when nothing is left to do."""

from django.db import transaction
from django.utils import timezone

from evaluation.models import Endpoint, Item, Run
from evaluation.models.item import ItemStatus
from evaluation.models.run import RunStatus
from evaluation.services.generation import answer_items
from evaluation.services.judging import ask_judges, is_judged, settle_judgments
from evaluation.services.wake import wake, wake_drain
from evaluation.signals import run_failed, run_finished


def advance_run(run: Run) -> None:
    """Do what can be done for the run now. Safe to run twice, at once, and after a kill.

    A run that is paused, cancelled or out of budget stays as it is.
    """
    if run.status != RunStatus.RUNNING:
        return
    called: set[Endpoint] = answer_items(run) | ask_judges(run) | settle_judgments(run)
    wake_drain(*(endpoint.pk for endpoint in called))
    if Item.objects.filter(run=run, status=ItemStatus.PENDING).exists() or not is_judged(run):
        return
    _finish(run)


@transaction.atomic
def _finish(run: Run) -> None:
    """Judgments are never taken back, so what was true a moment ago still is."""
    finished = Run.objects.filter(pk=run.pk, status=RunStatus.RUNNING).update(
        status=RunStatus.COMPLETE, finished_at=timezone.now()
    )
    if not finished:
        return
    wake("evaluation.tasks.refresh_result", run.pk)
    if Item.objects.filter(run=run).exclude(status=ItemStatus.FAILED).exists():
        run_finished.send(sender=Run, run=run)
    else:
        run_failed.send(sender=Run, run=run, reason="every_item_failed")
