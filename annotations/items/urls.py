"""Addresses of imported items."""

from django.urls import path

from annotations.items import views

urlpatterns = [
    path("campaigns/<int:campaign_id>/items/", views.imported_items, name="imported_items"),
    path("campaigns/<int:campaign_id>/items/<int:item_id>/", views.imported_item, name="imported_item"),
]
