"""Addresses of the pages of webhooks."""

from django.urls import path

from perg_site.webhooks import views

urlpatterns = [
    path("webhooks/", views.webhook_list, name="webhook_list"),
    path("webhooks/new/", views.webhook_create, name="webhook_create"),
    path("webhooks/<int:webhook_id>/", views.webhook_detail, name="webhook_detail"),
    path("webhooks/<int:webhook_id>/secret/", views.webhook_secret, name="webhook_secret"),
    path(
        "webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/",
        views.webhook_delivery,
        name="webhook_delivery",
    ),
    path(
        "webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/again/",
        views.webhook_send_again,
        name="webhook_send_again",
    ),
    path("webhooks/<int:webhook_id>/<slug:act>/", views.webhook_act, name="webhook_act"),
]
