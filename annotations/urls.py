"""Addresses of the pages of labelling, by subject."""

from annotations.adjudication import urls as adjudication
from annotations.campaigns import urls as campaigns
from annotations.exports import urls as exports
from annotations.item_story import urls as item_story
from annotations.labelling.urls import history, labelling
from annotations.people import urls as people
from annotations.quality import urls as quality
from annotations.validation import urls as validation

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
