"""Address of an item's story."""

from django.urls import path

from annotations.item_story.views import item_story

urlpatterns = [path("items/<int:item_id>/", item_story, name="item_story")]
