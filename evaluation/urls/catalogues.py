"""Addresses of preference catalogues."""

from django.urls import path

from evaluation.views import catalogues

urlpatterns = [
    path("catalogues/", catalogues.catalogue_list, name="catalogue_list"),
    path("catalogues/<int:catalogue_id>/", catalogues.catalogue_detail, name="catalogue_detail"),
    path("catalogues/builds/new/", catalogues.build_create, name="build_create"),
    path("catalogues/builds/<int:build_id>/", catalogues.build_detail, name="build_detail"),
    path("catalogues/builds/<int:build_id>/merge/", catalogues.build_merge, name="build_merge"),
    path("catalogues/builds/<int:build_id>/release/", catalogues.build_release, name="build_release"),
    path("catalogues/builds/<int:build_id>/again/", catalogues.build_ask_again, name="build_ask_again"),
    path("catalogues/proposals/<int:proposal_id>/", catalogues.proposal_review, name="proposal_review"),
]
