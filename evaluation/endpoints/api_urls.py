"""REST addresses of endpoints."""

from django.urls import path

from evaluation.endpoints import api

urlpatterns = [
    path("endpoints/", api.EndpointList.as_view(), name="api_endpoint_list"),
    path("endpoints/<int:endpoint_id>/", api.EndpointDetail.as_view(), name="api_endpoint_detail"),
    path("endpoints/<int:endpoint_id>/health/", api.EndpointHealth.as_view(), name="api_endpoint_health"),
]
