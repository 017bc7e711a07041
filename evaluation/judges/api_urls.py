"""REST addresses of judges and rubrics, and of trying endpoints and judges out."""

from core.api.viewsets import ApiRouter
from evaluation.judges.api import EndpointTrials, Judges, Rubrics

router = ApiRouter()
router.add("rubrics", Rubrics, "rubric")
router.add("judges", Judges, "judge")
router.add("endpoints", EndpointTrials, "endpoint")

urlpatterns = router.urls
