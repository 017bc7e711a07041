"""Addresses of the evaluation's pages."""

from django.urls import path

from evaluation import views

urlpatterns = [
    path("runs/", views.run_list, name="run_list"),
    path("runs/import/", views.run_import, name="run_import"),
    path("runs/<int:run_id>/", views.run_detail, name="run_detail"),
    path("runs/<int:run_id>/judging/", views.run_judging, name="run_judging"),
    path("runs/<int:run_id>/judge/", views.run_judge, name="run_judge"),
]
