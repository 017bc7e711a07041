"""Addresses of gold releases in the REST API."""

from annotations.gold.api import CampaignGold, GoldReleases, GoldRequests
from core.api.viewsets import ApiRouter

router = ApiRouter()
router.add("campaigns/<int:campaign_id>/gold", CampaignGold, "gold", argument="release_id")
router.add("gold/requests", GoldRequests, "gold_request", argument="request_id")
router.add("gold", GoldReleases, "gold_release", argument="release_id")

urlpatterns = router.urls
