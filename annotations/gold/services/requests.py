"""Gold releases: asked for by a lead; made at once where the campaign is small, by a worker where it is large.

A request is claimed for a while by a conditional update, and `attempts` is the claim's number. The release, its labels,
its event in the log and the end of its request are one transaction, in which the claim is looked at again: so a request
may be queued twice, taken up by two workers, or lose its worker to a kill, and gives one release or none.
"""

import logging
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from annotations.access import led_campaign
from annotations.audit.services import record as audit
from annotations.gold.services.gold import release_gold
from annotations.gold.services.preview_kept import is_late
from annotations.models import Campaign, GoldRequest
from annotations.models.gold_request import BROKEN_OFF, UNFINISHED, WORKER_LOST, GoldRequestStatus
from core.errors import Conflict, DomainError, NotFound
from core.jobs.broken_off import why_it_broke_off
from core.jobs.heartbeat import Heartbeat
from core.jobs.wake import wake
from core.models import User
from perg.stats.gold.gold_criteria import GoldCriteria, stored_criteria

MAKE = "annotations.gold.tasks.make_gold_release"
MAX_ATTEMPTS = 3
"""A request whose worker was lost so often is given up: it may be what kills the worker."""

logger = logging.getLogger(__name__)


@transaction.atomic
def request_release(
    *,
    campaign: Campaign,
    requested_by: User,
    criteria: GoldCriteria | None = None,
    seen: str = "",
    submission_key: uuid.UUID | None = None,
) -> GoldRequest:
    """A release of the campaign's gold: made already where it is small, else queued for a worker.

    The same `submission_key`, or the same wish while it is being fulfilled, is the same request. Raises Conflict while
    another release of the campaign is being made; where it is small, whatever `release_gold` does.
    """
    criteria = (criteria or GoldCriteria()).for_overlap(campaign.overlap)
    # One request at a time, so that two windows, or two clicks, find each other's.
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    found = _asked_already(campaign, criteria, seen, submission_key)
    if found is not None:
        return found
    request = GoldRequest(
        campaign=campaign,
        criteria=criteria.model_dump(mode="json"),
        seen=seen,
        submission_key=submission_key,
        requested_by=requested_by,
    )
    if not is_late(campaign, criteria):
        request.release = release_gold(
            campaign=campaign, criteria=criteria, created_by=requested_by, seen=seen
        )
        request.status, request.finished_at = GoldRequestStatus.RELEASED, timezone.now()
        request.save()
        return request
    request.save()
    _note("requested", request, actor=requested_by)
    wake(MAKE, request.pk)
    return request


@transaction.atomic
def retry_release(*, request: GoldRequest, actor: User) -> GoldRequest:
    """Have a release made after all that broke off. What was refused is not retried: the preview has to be looked at.

    Raises Conflict where it did not break off, or another release of the campaign is being made.
    """
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=request.campaign_id)
    request.refresh_from_db()
    if not request.may_be_retried:
        raise Conflict("Only a release that broke off can be tried again.", code="not_retryable")
    if campaign.gold_requests.filter(status__in=UNFINISHED).exists():
        raise _under_way()
    again = GoldRequest.objects.filter(pk=request.pk, status=GoldRequestStatus.FAILED)
    again.update(
        status=GoldRequestStatus.QUEUED, failure="", failure_code="", tasks=None, written=0, finished_at=None
    )
    request.refresh_from_db()
    _note("retried", request, actor=actor)
    wake(MAKE, request.pk)
    return request


def make_release(*, request: GoldRequest) -> GoldRequest:
    """Make a release that waits for it, or whose worker was lost; any other request is left as it is.

    Raises what `release_gold` does, and NotFound where who asked does not lead the campaign any more.
    """
    if not _claim(request):
        request.refresh_from_db()
        return request
    try:
        with _heartbeat(request) as heartbeat, transaction.atomic():
            request.release = release_gold(
                campaign=_campaign_still_led(request),
                criteria=stored_criteria(request.criteria),
                created_by=request.requested_by,
                seen=request.seen,
                progress=lambda written, tasks: heartbeat.tell(written=written, tasks=tasks),
            )
            _end(request)
    except _ClaimLost:
        logger.warning("The claim on %s was lost: what it wrote is undone.", request)
    request.refresh_from_db()
    return request


def fail_release(*, request: GoldRequest, error: BaseException) -> GoldRequest:
    """Note that this release, by the claim that `request` has, was refused or broke off with an error."""
    refused = isinstance(error, DomainError)
    with transaction.atomic():
        done = _held(request).update(
            status=GoldRequestStatus.FAILED,
            failure=why_it_broke_off(error),
            failure_code=error.code if isinstance(error, DomainError) else BROKEN_OFF,
            leased_until=None,
            finished_at=timezone.now(),
        )
        request.refresh_from_db()
        if done:
            _note("refused" if refused else "failed", request, actor=None)
    return request


def _campaign_still_led(request: GoldRequest) -> Campaign:
    """Looked at anew: who asked may have lost the campaign meanwhile. Raises NotFound."""
    try:
        return led_campaign(request.requested_by, request.campaign_id)
    except NotFound as error:
        raise NotFound(
            f"{request.requested_by.get_username()} does not lead this campaign any more.",
            code="leads_no_more",
        ) from error


class _ClaimLost(Exception):
    """Another worker has taken the request up: this one was silent for longer than its lease."""


def _heartbeat(request: GoldRequest) -> Heartbeat:
    """Keeps a request for this worker and notes how far it is, while its release is made."""
    return Heartbeat(lambda facts: _held(request).update(leased_until=_lease_end(), **facts), of=request)


def _asked_already(
    campaign: Campaign, criteria: GoldCriteria, seen: str, submission_key: uuid.UUID | None
) -> GoldRequest | None:
    """The request that this one repeats, if there is one. Raises Conflict where another is unfinished."""
    if submission_key is not None:
        same = campaign.gold_requests.filter(submission_key=submission_key).first()
        if same is not None:
            return same
    unfinished = campaign.gold_requests.filter(status__in=UNFINISHED).first()
    if unfinished is not None and (unfinished.criteria, unfinished.seen) != (
        criteria.model_dump(mode="json"),
        seen,
    ):
        raise _under_way()
    return unfinished


def _claim(request: GoldRequest) -> bool:
    """Take the request for a while. What was taken up too often already is given up instead."""
    now = timezone.now()
    free = Q(status=GoldRequestStatus.QUEUED) | Q(status=GoldRequestStatus.WRITING, leased_until__lt=now)
    waiting = GoldRequest.objects.filter(free, pk=request.pk)
    # The number of a claim is never used again, so a retry counts on from where it was.
    lost = waiting.filter(status=GoldRequestStatus.WRITING).annotate(tried=F("attempts") % MAX_ATTEMPTS)
    given_up = lost.filter(tried=0).update(
        status=GoldRequestStatus.FAILED,
        failure=f"The worker was lost {MAX_ATTEMPTS} times while it made this release.",
        failure_code=WORKER_LOST,
        leased_until=None,
        finished_at=now,
    )
    claimed = waiting.update(
        status=GoldRequestStatus.WRITING, leased_until=_lease_end(), attempts=F("attempts") + 1, written=0
    )
    request.refresh_from_db()
    if given_up:
        _note("failed", request, actor=None)
    return claimed == 1


def _held(request: GoldRequest) -> QuerySet[GoldRequest]:
    """The request, as long as it is this worker's."""
    return GoldRequest.objects.filter(
        pk=request.pk, status=GoldRequestStatus.WRITING, attempts=request.attempts
    )


def _end(request: GoldRequest) -> None:
    """Let the request be released, in the transaction of its release. Raises _ClaimLost, which undoes both."""
    assert request.release is not None
    assert request.release.counts is not None
    tasks = request.release.counts["included"]
    done = _held(request).update(
        status=GoldRequestStatus.RELEASED,
        release=request.release,
        tasks=tasks,
        written=tasks,
        leased_until=None,
        finished_at=timezone.now(),
    )
    if not done:
        raise _ClaimLost


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.GOLD_LEASE_SECONDS)


def _under_way() -> Conflict:
    return Conflict(
        "A release of this campaign is being made; ask again when it is there.", code="release_under_way"
    )


def _note(what: str, request: GoldRequest, *, actor: User | None) -> None:
    details: dict[str, object] = {"criteria": request.criteria}
    if request.failure:
        details["failure"] = request.failure
    audit(f"gold.{what}", actor=actor, scope=request.campaign, subject=request, **details)
