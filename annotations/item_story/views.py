"""The whole story of an item. It is here, and not in the evaluation, since people's labels are part of it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotations.item_story.selectors import people_story
from core.http.access import PersonRequest
from evaluation.runs.selectors.item_story import item_story as story_of
from evaluation.runs.selectors.item_story import story_item


@require_GET
def item_story(request: PersonRequest, item_id: int) -> HttpResponse:
    """From the question to the gold label: for staff, and for leads of campaigns that the item is in."""
    item = story_item(item_id)
    people = people_story(item, request.user)
    context = {"item": item, "people": people, "story": story_of(item)}
    return render(request, "annotations/item_story/item_story.html", context)
