"""Gold releases: requested by a lead; made at once where the campaign is small, by a job where it is large.

The release, its labels, its event in the log and the end of its request are one transaction, so that a request gives
one release or none.
"""

import uuid

from django.db import transaction
from django.utils import timezone

from annotations.access import led_campaign
from annotations.gold.services.cached_preview import is_late
from annotations.gold.services.gold import release_gold
from annotations.models import Campaign, GoldRequest
from annotations.models.gold_request import GoldRequestStatus
from core.audit.writing import record as audit
from core.errors import Conflict, NotFound
from core.jobs.heartbeat import ThreadHeartbeat
from core.jobs.kinds import JobKind
from core.jobs.leasing import enqueue, finish, queue_again
from core.models import User
from perg.stats.gold.gold_criteria import GoldCriteria


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

    The same `submission_key`, or the same criteria while a release is being made, is the same request. Raises Conflict
    while another release of the campaign is being made; where it is small, whatever `release_gold` does.
    """
    criteria = (criteria or GoldCriteria()).for_overlap(campaign.overlap)
    # One request at a time, so that two windows, or two clicks, find each other's.
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    repeated = _repeated_request(campaign, criteria, seen, submission_key)
    if repeated is not None:
        return repeated
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
    enqueue(request)
    return request


@transaction.atomic
def retry_release(*, request: GoldRequest, actor: User) -> GoldRequest:
    """Try an interrupted release again. A refused one is not retried: the preview has to be checked first.

    Raises Conflict where it did not break off, or another release of the campaign is being made.
    """
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=request.campaign_id)
    request.refresh_from_db()
    if request.may_be_retried and campaign.gold_requests.unfinished().exists():
        raise _under_way()
    queue_again(request, refusal="Only an interrupted release can be tried again.", tasks=None)
    _note("retried", request, actor=actor)
    return request


class GoldRequests(JobKind[GoldRequest]):
    """Makes the releases of large campaigns."""

    model = GoldRequest
    lease_setting = "GOLD_LEASE_SECONDS"
    doing = "made this release"

    def run(self, request: GoldRequest) -> None:
        """Raises what `release_gold` does, and NotFound where the requester does not lead the campaign any more."""
        with ThreadHeartbeat(request) as heartbeat, transaction.atomic():
            release = release_gold(
                campaign=_campaign_still_led(request),
                criteria=GoldCriteria(**request.criteria),
                created_by=request.requested_by,
                seen=request.seen,
                progress=lambda written, tasks: heartbeat.tell(written=written, tasks=tasks),
            )
            tasks = release.counts["included"]
            finish(request, release=release, tasks=tasks, written=tasks)

    def ended(self, request: GoldRequest) -> None:
        """Logs what became of it, unless it is a release: that has an event of its own."""
        if request.status == GoldRequestStatus.FAILED:
            _note("failed" if request.may_be_retried else "refused", request, actor=None)


def _campaign_still_led(request: GoldRequest) -> Campaign:
    """Checked again: the person who asked may have lost the campaign meanwhile. Raises NotFound."""
    try:
        return led_campaign(request.requested_by, request.campaign_id)
    except NotFound as error:
        raise NotFound(
            f"{request.requested_by.get_username()} does not lead this campaign any more.",
            code="leads_no_more",
        ) from error


def _repeated_request(
    campaign: Campaign, criteria: GoldCriteria, seen: str, submission_key: uuid.UUID | None
) -> GoldRequest | None:
    """The request that this one repeats, if there is one. Raises Conflict where another is unfinished."""
    if submission_key is not None:
        same = campaign.gold_requests.filter(submission_key=submission_key).first()
        if same is not None:
            return same
    unfinished = campaign.gold_requests.unfinished().first()
    if unfinished is not None and (unfinished.criteria, unfinished.seen) != (
        criteria.model_dump(mode="json"),
        seen,
    ):
        raise _under_way()
    return unfinished


def _under_way() -> Conflict:
    return Conflict(
        "A release of this campaign is being made; ask again when it is there.", code="release_under_way"
    )


def _note(what: str, request: GoldRequest, *, actor: User | None) -> None:
    details: dict[str, object] = {"criteria": request.criteria}
    if request.failure:
        details["failure"] = request.failure
    audit(f"gold.{what}", actor=actor, scope=request.campaign, subject=request, **details)
