"""Addresses of adjudication and of flags."""

from django.urls import include, path

from annotations.adjudication import views as adjudication

of_campaign = [
    path("adjudication/", adjudication.adjudication_queue, name="adjudication_queue"),
    path("adjudication/next/", adjudication.adjudication_next, name="adjudication_next"),
    path("adjudication/<int:task_id>/", adjudication.adjudication_task, name="adjudication_task"),
    path("adjudication/<int:task_id>/judges/", adjudication.adjudication_reveal, name="adjudication_reveal"),
    path("adjudication/<int:task_id>/<slug:act>/", adjudication.adjudication_act, name="adjudication_act"),
    path("flags/<int:flag_id>/", adjudication.flag_resolve, name="flag_resolve"),
]
urlpatterns = [
    path("campaigns/<int:campaign_id>/", include(of_campaign)),
]
