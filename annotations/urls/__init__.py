"""Addresses of the pages of labelling, by subject."""

from annotations.urls import (
    adjudication,
    campaigns,
    exports,
    history,
    item_story,
    labelling,
    people,
    quality,
    validation,
)

urlpatterns = [
    *labelling.urlpatterns,  # first: addresses are tried in this order, and these are asked for with every label
    *adjudication.urlpatterns,
    *campaigns.urlpatterns,
    *exports.urlpatterns,
    *history.urlpatterns,
    *item_story.urlpatterns,
    *people.urlpatterns,
    *quality.urlpatterns,
    *validation.urlpatterns,
]
