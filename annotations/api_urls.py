"""Addresses of annotations in the REST API, room by room; those of labelling come before (`perg_site.api.urls`)."""

from django.urls import URLPattern, URLResolver

from annotations.adjudication import api_urls as adjudication
from annotations.audit import api_urls as audit
from annotations.campaigns import api_urls as campaigns
from annotations.exports import api_urls as exports
from annotations.gold import api_urls as gold
from annotations.item_import import api_urls as item_import
from annotations.item_judging import api_urls as item_judging
from annotations.item_story import api_urls as item_story
from annotations.items import api_urls as items
from annotations.needs import api_urls as needs
from annotations.overview import api_urls as overview
from annotations.people import api_urls as people
from annotations.quality import api_urls as quality
from annotations.validation import api_urls as validation

urlpatterns: list[URLPattern | URLResolver] = [
    *campaigns.urlpatterns,
    *validation.urlpatterns,
    *item_judging.urlpatterns,
    *overview.urlpatterns,
    *adjudication.urlpatterns,
    *gold.urlpatterns,
    *exports.urlpatterns,
    *audit.urlpatterns,
    *quality.urlpatterns,
    *people.urlpatterns,
    *needs.urlpatterns,
    *item_import.urlpatterns,
    *item_story.urlpatterns,
    *items.urlpatterns,
    *campaigns.last_urlpatterns,
]
