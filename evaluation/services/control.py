"""Pausing, resuming, cancelling a run, raising its budget, and trying again what failed.

Each change is one conditional update: two people who press at the same moment make it happen once.
"""

from collections.abc import Collection
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from evaluation.errors import Conflict, DomainError
from evaluation.models import Completion, Item, Judgment, Run
from evaluation.models.completion import CompletionStatus
from evaluation.models.item import ItemStatus
from evaluation.models.judgment import JudgmentStatus
from evaluation.models.run import RunStatus
from evaluation.services.payers import adopt_for, release_for
from evaluation.services.wake import wake, wake_drain


@transaction.atomic
def pause_run(*, run: Run) -> Run:
    """Start no further call for the run; those in flight are finished and recorded.

    Calls that a running run wants, too, are paid by that one from now on.
    """
    _change(run, {RunStatus.RUNNING}, RunStatus.PAUSED)
    release_for(run)
    return run


@transaction.atomic
def cancel_run(*, run: Run) -> Run:
    """End the run for good. What is on record stays."""
    _change(run, {RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.BUDGET_REACHED}, RunStatus.CANCELLED)
    release_for(run)
    return run


@transaction.atomic
def resume_run(*, run: Run) -> Run:
    """Go on with a paused run, or with one whose budget has been raised."""
    _change(run, {RunStatus.PAUSED, RunStatus.BUDGET_REACHED}, RunStatus.RUNNING)
    adopt_for(run)
    wake("evaluation.tasks.advance_run", run.pk)
    return run


def set_budgets(*, run: Run, money_budget: Decimal | None, call_budget: int | None) -> Run:
    """Set what the run may spend, in US dollars and in calls; None: no limit. Resume it to go on."""
    if money_budget is not None and money_budget <= 0:
        raise DomainError("A money budget is above 0.", field="money_budget")
    if call_budget is not None and call_budget <= 0:
        raise DomainError("A call budget is above 0.", field="call_budget")
    Run.objects.filter(pk=run.pk).update(money_budget=money_budget, call_budget=call_budget)
    run.money_budget, run.call_budget = money_budget, call_budget
    return run


@transaction.atomic
def retry_failed(*, run: Run) -> int:
    """Try again every call of the run that failed, and go on from there; give the number of calls.

    Refusals are not failures: the same question would be refused again.
    """
    failed_calls = Completion.objects.filter(status=CompletionStatus.FAILED).filter(
        Q(item_calls__item__run=run) | Q(judgments__response__item__run=run)
    )
    keys = set(failed_calls.values_list("pk", flat=True))
    if not keys:
        raise Conflict("No call of this run has failed.", code="nothing_failed")
    # Whoever moves an item or settles a judgment holds its row: so none of them fails for a call tried again here.
    items = Item.objects.filter(run=run, calls__completion__in=keys)
    judgments = Judgment.objects.filter(response__item__run=run, completion__in=keys)
    item_keys = _locked(Item.objects.filter(pk__in=items.values("pk")))
    judgment_keys = _locked(Judgment.objects.filter(pk__in=judgments.values("pk")))
    retried = Completion.objects.filter(pk__in=keys, status=CompletionStatus.FAILED).update(
        status=CompletionStatus.PENDING,
        run=run,
        attempts=0,
        not_before=timezone.now(),
        throttled_since=None,
        finished_at=None,
        error_code="",
        error_message="",
    )
    Item.objects.filter(pk__in=item_keys, status=ItemStatus.FAILED).update(
        status=ItemStatus.PENDING, failure=""
    )
    Judgment.objects.filter(pk__in=judgment_keys, status=JudgmentStatus.UNSCORED).update(
        status=JudgmentStatus.PENDING, unscored_reason=""
    )
    Run.objects.filter(pk=run.pk).exclude(status=RunStatus.CANCELLED).update(
        status=RunStatus.RUNNING, finished_at=None
    )
    wake("evaluation.tasks.advance_run", run.pk)
    wake_drain(*Completion.objects.filter(pk__in=keys).values_list("endpoint", flat=True).distinct())
    return retried


def _change(run: Run, before: Collection[RunStatus], after: RunStatus) -> Run:
    if not Run.objects.filter(pk=run.pk, status__in=before).update(status=after):
        run.refresh_from_db(fields=["status"])
        raise Conflict(f"The run is {run.get_status_display().lower()}: that is not possible now.")
    run.status = after
    return run


def _locked(rows: QuerySet[Item] | QuerySet[Judgment]) -> list[int]:
    """The primary keys of the rows, each locked until the end of the transaction."""
    return list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
