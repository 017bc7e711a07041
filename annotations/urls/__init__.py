"""Addresses of the pages of labelling, by subject."""

from annotations.urls import adjudication, campaigns, history, labelling, people, quality, validation

urlpatterns = [
    *labelling.urlpatterns,  # first: addresses are tried in this order, and these are asked for with every label
    *adjudication.urlpatterns,
    *campaigns.urlpatterns,
    *history.urlpatterns,
    *people.urlpatterns,
    *quality.urlpatterns,
    *validation.urlpatterns,
]
