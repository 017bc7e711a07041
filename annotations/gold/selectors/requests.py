"""Gold releases that were requested."""

from annotations.models import Campaign, GoldRequest
from annotations.models.gold_request import GoldRequestStatus


def request_to_show(campaign: Campaign) -> GoldRequest | None:
    """The newest request of the campaign, unless it has become a release."""
    newest = campaign.gold_requests.select_related("requested_by").order_by("-pk").first()
    return None if newest is None or newest.status == GoldRequestStatus.RELEASED else newest
