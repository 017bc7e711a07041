"""Addresses of webhooks in the REST API."""

from django.urls import path

from perg_site.webhooks import api

urlpatterns = [
    path("webhooks/", api.WebhookList.as_view(), name="api_webhook_list"),
    path("webhooks/<int:webhook_id>/", api.WebhookDetail.as_view(), name="api_webhook"),
    path("webhooks/<int:webhook_id>/secret/", api.WebhookSecret.as_view(), name="api_webhook_secret"),
    path("webhooks/<int:webhook_id>/ping/", api.WebhookPing.as_view(), name="api_webhook_ping"),
    path("webhooks/<int:webhook_id>/deliveries/", api.DeliveryList.as_view(), name="api_delivery_list"),
    path(
        "webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/",
        api.DeliveryDetail.as_view(),
        name="api_delivery",
    ),
    path(
        "webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/again/",
        api.DeliveryAgain.as_view(),
        name="api_delivery_again",
    ),
    path("webhooks/<int:webhook_id>/<slug:action>/", api.WebhookAction.as_view(), name="api_webhook_action"),
]
