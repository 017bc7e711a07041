"""The life of a job: queued, claimed for a while, finished or failed, and retried by a person.

Each change is a conditional update whose count is checked. The end of a job is written only under the claim that did
the work, in one transaction with what the work wrote: where the claim is lost, `ClaimLost` undoes both.
"""

import logging
from collections.abc import Mapping
from typing import TypeVar

from django.db import transaction
from django.db.models import Case, F, PositiveSmallIntegerField, Q, QuerySet, When
from django.utils import timezone

from core.errors import Conflict, DomainError
from core.jobs.broken_off import why_it_broke_off
from core.jobs.kinds import RUN_JOB, kind_of
from core.jobs.leased_job import BROKEN_OFF, WORKER_LOST, Job, LeasedJob, LeasedRow
from core.jobs.wake import wake

MOST_LOST_WORKERS = 3
"""A job that has lost this many workers since it was queued fails: it may be what kills them.

Only lost workers count. A job that fails says so at once, and is not tried again until a person retries it, which
starts the count again.
"""

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=LeasedRow)


class ClaimLost(Exception):
    """Another worker has taken the job up: this one was silent for longer than its lease."""


def held(row: Row) -> QuerySet[Row]:
    """The row, as long as it is this worker's: by the claim that `row` was read under."""
    rows = type(row)._default_manager
    return rows.filter(pk=row.pk, status=row.STATES.running, attempts=row.attempts)


def enqueue(job: LeasedJob) -> None:
    """Wake a worker for a queued job once the transaction is committed."""
    wake(RUN_JOB, job._meta.label_lower, job.pk)


def run_job(job: Job) -> Job:
    """Do the work of a job that waits for it, or whose worker was lost; any other is left as it is.

    A DomainError is a refusal, and ends the job. Any other error ends it, too, and is raised for the worker's log.
    The job is given back as it is stored then.
    """
    if not claim(job):
        return job
    try:
        kind_of(job).run(job)
    except ClaimLost:
        logger.warning("The claim on %s was lost: what it wrote is undone.", job)
    except DomainError as refusal:
        fail(job, refusal)
    except Exception as error:
        fail(job, error)
        raise
    job.refresh_from_db()
    return job


@transaction.atomic
def claim(job: LeasedJob) -> bool:
    """Take a job that waits, for as long as its kind's lease; False where it cannot be claimed.

    A job that has lost too many workers is given up instead.
    """
    now, states, kind = timezone.now(), job.STATES, kind_of(job)
    lost = Q(status=states.running, leased_until__lt=now)
    this_job = type(job)._default_manager.filter(pk=job.pk)
    given_up = this_job.filter(lost, lost_workers__gte=MOST_LOST_WORKERS - 1).update(
        status=states.failed,
        failure=f"The worker was lost {MOST_LOST_WORKERS} times while it {kind.doing}. It may have run out of memory.",
        failure_code=WORKER_LOST,
        lost_workers=F("lost_workers") + 1,
        leased_until=None,
        finished_at=now,
    )
    claimed = this_job.filter(Q(status=states.queued) | lost).update(
        status=states.running,
        leased_until=now + kind.lease,
        attempts=F("attempts") + 1,
        lost_workers=Case(
            When(status=states.running, then=F("lost_workers") + 1),
            default=F("lost_workers"),
            output_field=PositiveSmallIntegerField(),
        ),
        **job.PROGRESS,
    )
    job.refresh_from_db()  # in this transaction, so that the number is that of this claim
    if given_up:
        kind.ended(job)
    return claimed == 1


def renew(job: LeasedJob, facts: Mapping[str, object]) -> None:
    """Prolong the lease, and note facts about the work. Raises ClaimLost."""
    if not held(job).update(leased_until=timezone.now() + kind_of(job).lease, **facts):
        raise ClaimLost


def finish(job: LeasedJob, **columns: object) -> None:
    """End a job as done, with its outcome. Raises ClaimLost."""
    _end(job, status=job.STATES.done, **columns)


def fail(job: LeasedJob, error: BaseException) -> None:
    """End a job as refused by a DomainError or as failed by any other error, in words. Nothing if the claim is lost."""
    states = job.STATES
    columns: dict[str, object] = {"status": states.failed, "failure_code": BROKEN_OFF}
    if isinstance(error, DomainError):
        columns = {
            "status": states.refused or states.failed,
            "failure_code": error.code[:60],
            **kind_of(job).refusal_columns(job, error),
        }
    try:
        _end(job, failure=why_it_broke_off(error), **columns)
    except ClaimLost:
        logger.warning("The claim on %s was lost, which then failed: %r", job, error)


@transaction.atomic
def queue_again(job: LeasedJob, *, refusal: str, **columns: object) -> None:
    """Have a job done again from the start; `columns` forget its outcome.

    Raises Conflict with the words of `refusal` where it may not be retried.
    """
    job.refresh_from_db()
    unchanged = type(job)._default_manager.filter(pk=job.pk, status=job.status, attempts=job.attempts)
    if not job.may_be_retried or not unchanged.update(
        status=job.STATES.queued,
        failure="",
        failure_code="",
        lost_workers=0,
        finished_at=None,
        **{**job.PROGRESS, **columns},
    ):
        raise Conflict(refusal, code="not_retryable")
    job.refresh_from_db()
    enqueue(job)


@transaction.atomic
def _end(job: LeasedJob, **columns: object) -> None:
    if not held(job).update(leased_until=None, finished_at=timezone.now(), **columns):
        raise ClaimLost
    job.refresh_from_db()
    kind_of(job).ended(job)
