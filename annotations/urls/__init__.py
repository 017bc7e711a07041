"""Addresses of the pages of labelling, by subject."""

from annotations.urls import adjudication, campaigns, history, labelling, people, quality, validation

urlpatterns = [
    *adjudication.urlpatterns,
    *campaigns.urlpatterns,
    *history.urlpatterns,
    *labelling.urlpatterns,
    *people.urlpatterns,
    *quality.urlpatterns,
    *validation.urlpatterns,
]
