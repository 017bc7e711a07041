"""Moving a run on: answer its items, have them judged, and close it when nothing is left to do."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from core.jobs.wake import wake
from evaluation.endpoints.services.waking import wake_drain
from evaluation.engine.steps.generation import answer_items
from evaluation.engine.steps.judging import ask_judges, is_judged, settle_judgments
from evaluation.models import Endpoint, Item, Judgment, Run
from evaluation.models.endpoint import JudgeOrigin
from evaluation.models.item import ItemStatus
from evaluation.models.judgment import JudgmentStatus
from evaluation.models.run import RunStatus
from evaluation.signals import run_failed, run_finished
from evaluation.stages.verdicts import ABSTAINED


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
    reason = failure_of(run)
    finished = Run.objects.filter(pk=run.pk, status=RunStatus.RUNNING).update(
        status=RunStatus.FAILED if reason else RunStatus.COMPLETE, finished_at=timezone.now()
    )
    if not finished:
        return
    wake("evaluation.results.tasks.refresh_result", run.pk)
    if reason:
        run_failed.send(sender=Run, run=run, reason=reason)
    else:
        run_finished.send(sender=Run, run=run)


def failure_of(run: Run) -> str:
    """Why a run with nothing left to do has failed, as a code; empty where it has something to show for it.

    A judge that abstains has answered. One whose calls all failed, or whose replies hold no score, has not.
    """
    items = Item.objects.filter(run=run)
    if items.exists() and not items.exclude(status=ItemStatus.FAILED).exists():
        return "every_item_failed"
    for judge in run.judges.filter(origin=JudgeOrigin.ENDPOINT):
        judgments = Judgment.objects.filter(response__item__run=run, judge=judge)
        answered = judgments.filter(Q(status=JudgmentStatus.SCORED) | Q(unscored_reason=ABSTAINED))
        if judgments.exists() and not answered.exists():
            return "every_judgment_failed"
    return ""
