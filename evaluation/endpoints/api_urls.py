"""REST addresses of endpoints."""

from core.api.viewsets import ApiRouter
from evaluation.endpoints.api import Endpoints

router = ApiRouter()
router.add("endpoints", Endpoints, "endpoint")

urlpatterns = router.urls
