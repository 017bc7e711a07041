"""What a person has labelled, and how they have set up the screen."""

from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from annotations.access import visible_campaign
from annotations.labelling.forms import HistorySearchForm
from annotations.labelling.keys import USUAL_KEYS
from annotations.labelling.selectors.history import history_of
from annotations.labelling.services.assignment import membership
from annotations.labelling.services.screen_settings import set_keys
from core.errors import DomainError
from core.http.access import PersonRequest
from core.http.page_query import PageQuery
from core.text.strict_json import strict_json

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
    page = Paginator(found, PER_PAGE).get_page(PageQuery(request).page_number())
    context = {"campaign": campaign, "form": form, "page": page, "is_search": bool(words or score)}
    return render(request, "annotations/labelling/history.html", context, status=422 if form.errors else 200)


@require_POST
def screen_settings(request: PersonRequest) -> JsonResponse:
    """Remember the person's keys; answers with all keys as they are now."""
    try:
        keys = strict_json(request.POST.get("keys", ""))
    except ValueError:
        keys = None
    if not isinstance(keys, dict):
        raise DomainError("Send the keys as a JSON object of action and key.", field="keys")
    settings = set_keys(user=request.user, keys=keys)
    return JsonResponse({"keys": USUAL_KEYS | settings.keys})
