"""Addresses of what needs a person in the REST API."""

from django.urls import URLPattern, path

from annotations.needs import api

urlpatterns: list[URLPattern] = [
    path("needs/", api.Needs.as_view(), name="api_needs"),
]
