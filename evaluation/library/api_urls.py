"""REST addresses of datasets, catalogues and prompts."""

from django.urls import path

from core.api.viewsets import ApiRouter
from evaluation.library.api import builds, library

router = ApiRouter()
router.add("datasets", library.Datasets, "dataset")
router.add("catalogues/builds", builds.Builds, "build")
router.add("catalogues/proposals", builds.Proposals, "proposal")
router.add("catalogues", library.Catalogues, "catalogue")
router.add("prompts", library.Prompts, "prompt")

urlpatterns = [
    *router.urls,
    path(
        "datasets/<int:dataset_id>/questions/",
        library.DatasetQuestions.as_view(),
        name="api_dataset_questions",
    ),
    path(
        "catalogues/builds/<int:build_id>/proposals/",
        builds.BuildProposals.as_view(),
        name="api_proposal_list",
    ),
    path(
        "catalogues/<int:catalogue_id>/preferences/",
        library.CataloguePreferences.as_view(),
        name="api_catalogue_preferences",
    ),
]
