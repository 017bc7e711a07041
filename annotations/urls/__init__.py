"""Addresses of the pages of labelling, by subject."""

from annotations.urls import campaigns, labelling

urlpatterns = [*campaigns.urlpatterns, *labelling.urlpatterns]
