"""REST addresses of imports."""

from core.api.viewsets import ApiRouter
from evaluation.imports.api import Imports

router = ApiRouter()
router.add("imports", Imports, "import", argument="job_id")

urlpatterns = router.urls
