"""Gold releases that were asked for and are not finished."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from annotations.models import Campaign, GoldRequest
from annotations.models.gold_request import GoldRequestStatus


def unfinished_gold_requests() -> QuerySet[GoldRequest]:
    """Requests that wait for a worker, or whose worker has been silent for so long that it must be lost."""
    lost = Q(status=GoldRequestStatus.WRITING, leased_until__lt=timezone.now())
    return GoldRequest.objects.filter(Q(status=GoldRequestStatus.QUEUED) | lost).order_by("pk")


def request_to_show(campaign: Campaign) -> GoldRequest | None:
    """The newest request of the campaign, unless it has become a release."""
    newest = campaign.gold_requests.select_related("requested_by").order_by("-pk").first()
    return None if newest is None or newest.status == GoldRequestStatus.RELEASED else newest
