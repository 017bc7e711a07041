"""Pausing, resuming, cancelling a run, raising its budget, and trying again what failed.

Each change is one conditional update: two people who press at the same moment make it happen once.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from core.audit.writing import record
from core.errors import Conflict, DomainError
from core.jobs.wake import wake
from core.models import User
from evaluation.endpoints.services.waking import wake_drain
from evaluation.engine.calls.completions import reopen_failed
from evaluation.engine.calls.payers import adopt_for, release_for
from evaluation.engine.steps.judging import CALL_FAILED
from evaluation.models import Batch, Completion, Item, ItemCall, Judgment, Run
from evaluation.models.completion import UNANSWERED
from evaluation.models.item import ItemStatus
from evaluation.models.judgment import JudgmentStatus
from evaluation.models.run import RunStatus
from evaluation.runs.selectors.failures import Cause, failed_calls
from evaluation.signals import run_failed


@transaction.atomic
def pause_run(*, run: Run, actor: User | None) -> Run:
    """Start no further call for the run; those in flight are finished and recorded.

    Calls that a running run wants, too, are paid by that one from now on.
    """
    _change(run, {RunStatus.RUNNING}, RunStatus.PAUSED)
    record("run.paused", actor=actor, subject=run, name=run.name)
    release_for(run)
    return run


@transaction.atomic
def cancel_run(*, run: Run, actor: User | None) -> Run:
    """End the run for good. What is on record stays."""
    _change(run, {RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.BUDGET_REACHED}, RunStatus.CANCELLED)
    record("run.cancelled", actor=actor, subject=run, name=run.name)
    release_for(run)
    run_failed.send(sender=Run, run=run, reason="cancelled")
    return run


@transaction.atomic
def resume_run(*, run: Run, actor: User | None) -> Run:
    """Go on with a paused run, or with one whose budget has been raised."""
    _change(run, {RunStatus.PAUSED, RunStatus.BUDGET_REACHED}, RunStatus.RUNNING)
    record("run.resumed", actor=actor, subject=run, name=run.name)
    adopt_for(run)
    wake("evaluation.engine.tasks.advance_run", run.pk)
    return run


@transaction.atomic
def set_budgets(
    *, run: Run, money_budget: Decimal | None, call_budget: int | None, actor: User | None
) -> Run:
    """Set what the run may spend, in US dollars and in calls; None: no limit. Resume it to go on."""
    if money_budget is not None and money_budget <= 0:
        raise DomainError("A money budget is above 0.", field="money_budget")
    if call_budget is not None and call_budget <= 0:
        raise DomainError("A call budget is above 0.", field="call_budget")
    budgets = {"money_budget": money_budget, "call_budget": call_budget}
    held = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
    before = {name: getattr(held, name) for name in budgets}
    Run.objects.filter(pk=run.pk).update(money_budget=money_budget, call_budget=call_budget)
    run.money_budget, run.call_budget = money_budget, call_budget
    if budgets != before:
        record("run.budgets_changed", actor=actor, subject=run, name=run.name, before=before, after=budgets)
    return run


@transaction.atomic
def retry_failed(*, run: Run, cause: Cause | None = None, actor: User | None) -> int:
    """Try again every call of the run that failed (by one cause, if it is given), and go on from there; give the
    number of calls.

    Refusals are not failures: the same question would be refused again. Raises Conflict where nothing has failed.
    """
    retried = _retry([run], cause, nothing="No call of this run has failed.")
    record("run.retried", actor=actor, subject=run, name=run.name, calls=retried, cause=_told(cause))
    return retried


@transaction.atomic
def retry_batch(*, batch: Batch, cause: Cause | None = None, actor: User | None) -> int:
    """Try again what failed in the batch's runs, as `retry_failed` does in one. Cancelled runs stay as they are."""
    runs = list(batch.runs.exclude(status=RunStatus.CANCELLED).order_by("pk"))
    retried = _retry(runs, cause, nothing="No call of this batch has failed in a run that can go on.")
    record("batch.retried", actor=actor, subject=batch, name=batch.name, calls=retried, cause=_told(cause))
    return retried


def _retry(runs: Sequence[Run], cause: Cause | None, *, nothing: str) -> int:
    payers = failed_calls(runs, cause)
    # A worker that moves an item or settles a judgment holds its row: none of them fails for a call retried here.
    items = _locked(_items_by(runs, payers))
    judgments = _locked(_judgments_by(runs, payers))
    if not payers and not items and not judgments:
        raise Conflict(nothing, code="nothing_failed")
    retried = 0
    for run in runs:
        keys = [key for key, payer in payers.items() if payer == run.pk]
        retried += reopen_failed(keys, run=run)
    Item.objects.filter(pk__in=items, status=ItemStatus.FAILED).update(status=ItemStatus.PENDING, failure="")
    Judgment.objects.filter(pk__in=judgments, status=JudgmentStatus.UNSCORED).update(
        status=JudgmentStatus.PENDING, unscored_reason=""
    )
    hurt = set(payers.values())
    hurt |= set(Item.objects.filter(pk__in=items).values_list("run", flat=True))
    hurt |= set(Judgment.objects.filter(pk__in=judgments).values_list("response__item__run", flat=True))
    Run.objects.filter(pk__in=hurt).exclude(status=RunStatus.CANCELLED).update(
        status=RunStatus.RUNNING, finished_at=None
    )
    for pk in sorted(hurt):
        wake("evaluation.engine.tasks.advance_run", pk)
    wake_drain(*Completion.objects.filter(pk__in=payers).values_list("endpoint", flat=True).distinct())
    return retried or len(items) + len(judgments)


def _items_by(runs: Sequence[Run], calls: Collection[int]) -> QuerySet[Item]:
    """Items of the runs that want one of the calls, and those failed by a call that another run has tried again."""
    unanswered = ItemCall.objects.filter(item=OuterRef("pk"), completion__status__in=UNANSWERED)
    mended = Item.objects.filter(~Exists(unanswered), run__in=runs, status=ItemStatus.FAILED)
    wanting = Item.objects.filter(run__in=runs, calls__completion__in=calls)
    return Item.objects.filter(Q(pk__in=wanting.values("pk")) | Q(pk__in=mended.values("pk")))


def _judgments_by(runs: Sequence[Run], calls: Collection[int]) -> QuerySet[Judgment]:
    """Judgments on the runs that want one of the calls, and those without a score for a call tried again meanwhile."""
    of_runs = Judgment.objects.filter(response__item__run__in=runs)
    mended = of_runs.filter(status=JudgmentStatus.UNSCORED, unscored_reason__startswith=CALL_FAILED).exclude(
        completion__status__in=UNANSWERED
    )
    wanting = of_runs.filter(completion__in=calls)
    return Judgment.objects.filter(Q(pk__in=wanting.values("pk")) | Q(pk__in=mended.values("pk")))


def _change(run: Run, before: Collection[RunStatus], after: RunStatus) -> Run:
    if not Run.objects.filter(pk=run.pk, status__in=before).update(status=after):
        run.refresh_from_db(fields=["status"])
        raise Conflict(f"The run is {run.get_status_display().lower()}: that is not possible now.")
    run.status = after
    return run


def _told(cause: Cause | None) -> dict[str, object] | None:
    """A cause for the audit log; None: everything was tried again."""
    return asdict(cause) if cause else None


def _locked(rows: QuerySet[Item] | QuerySet[Judgment]) -> list[int]:
    """The primary keys of the rows, each locked until the end of the transaction."""
    return list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
