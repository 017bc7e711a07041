"""Addresses of imported items in the REST API."""

from annotations.items import api
from core.api.viewsets import ApiRouter

router = ApiRouter()
router.add("campaigns/<int:campaign_id>/items", api.ImportedItems, "imported_item", argument="item_id")

urlpatterns = router.urls
