"""What a person has labelled, and how they have set up the screen."""

import json

from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from annotations.access import visible_campaign
from annotations.forms.history import HistorySearchForm
from annotations.keys import USUAL_KEYS
from annotations.selectors.history import history_of
from annotations.services.assignment import membership
from annotations.services.screen_settings import set_keys
from evaluation.access import PersonRequest
from evaluation.errors import DomainError

PER_PAGE = 25


@require_GET
@never_cache
def label_history(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The person's own labels and skips in a campaign, with a way to each."""
    campaign = visible_campaign(request.user, campaign_id)
    member = membership(campaign, request.user)
    form = HistorySearchForm(request.GET)
    words, score = (form.cleaned_data["q"], form.cleaned_data["score"]) if form.is_valid() else ("", None)
    found = history_of(member, words=words, score=score)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"campaign": campaign, "form": form, "page": page, "is_search": bool(words or score)}
    return render(request, "annotations/history.html", context, status=422 if form.errors else 200)


@require_POST
def screen_settings(request: PersonRequest) -> JsonResponse:
    """Remember the person's keys; answers with all keys as they are now."""
    try:
        keys = json.loads(request.POST.get("keys", ""))
    except (ValueError, RecursionError):
        keys = None
    if not isinstance(keys, dict):
        raise DomainError("The keys are a JSON object of action and key.", field="keys")
    settings = set_keys(user=request.user, keys=keys)
    return JsonResponse({"keys": USUAL_KEYS | settings.keys})
