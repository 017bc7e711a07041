"""REST addresses of the evaluation, each room's own."""

from django.urls import include, path

urlpatterns = [
    # Before those of runs, of which one takes any word behind a run.
    path("", include("evaluation.results.api_urls")),
    path("", include("evaluation.runs.api_urls")),
    path("", include("evaluation.library.api_urls")),
    path("", include("evaluation.imports.api_urls")),
    path("", include("evaluation.judges.api_urls")),
    path("", include("evaluation.endpoints.api_urls")),
]
