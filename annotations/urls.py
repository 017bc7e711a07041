"""Addresses of the pages of labelling, room by room."""

from annotations.adjudication import urls as adjudication
from annotations.audit import urls as audit
from annotations.campaigns import urls as campaigns
from annotations.exports import urls as exports
from annotations.gold import urls as gold
from annotations.item_import import urls as item_import
from annotations.item_judging import urls as item_judging
from annotations.item_story import urls as item_story
from annotations.items import urls as items
from annotations.labelling import urls as labelling
from annotations.overview import urls as overview
from annotations.people import urls as people
from annotations.quality import urls as quality
from annotations.validation import urls as validation

urlpatterns = [
    *labelling.urlpatterns,
    *adjudication.urlpatterns,
    *item_import.urlpatterns,
    *campaigns.urlpatterns,
    *overview.urlpatterns,
    *gold.urlpatterns,
    *exports.urlpatterns,
    *item_judging.urlpatterns,
    *item_story.urlpatterns,
    *items.urlpatterns,
    *people.urlpatterns,
    *audit.urlpatterns,
    *quality.urlpatterns,
    *validation.urlpatterns,
]
