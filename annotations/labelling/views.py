"""The annotation screen, whose script labels over the REST API, and what a person has labelled."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from annotations.access import labelling_member, own_assignment, visible_campaign
from annotations.labelling.forms import HistorySearchForm
from annotations.labelling.keys import USUAL_KEYS
from annotations.labelling.selectors.history import history_of
from annotations.labelling.selectors.labelling import next_task
from annotations.labelling.selectors.questions import asked_definitions
from annotations.labelling.serializers import NextSerializer
from annotations.labelling.services.assignment import claim_task, membership
from annotations.models import Campaign, ScreenSettings
from core.errors import NotFound
from core.http.access import PersonRequest
from core.http.page_query import PageQuery

PER_PAGE = 25


@require_GET
@never_cache
def label_next(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The annotation screen, with the task to begin with or the reason why there is none."""
    member = labelling_member(request.user, campaign_id)
    member.campaign = campaign = visible_campaign(request.user, campaign_id)
    query = PageQuery(request)
    if query.text("assignment"):
        assignment = own_assignment(request.user, query.key("assignment") or 0)
        if assignment.member_id != member.pk:
            raise NotFound("This task does not exist.")
        first = next_task(member, assignment)
    else:
        first = next_task(member, claim_task(member=member))
    context = {
        "campaign": campaign,
        "guidelines": campaign.guidelines,
        "rubric": campaign.rubric,
        "first": NextSerializer(first).data,
        "settings": _settings(request, campaign),
    }
    return render(request, "annotations/labelling/label.html", context)


def _settings(request: PersonRequest, campaign: Campaign) -> dict[str, object]:
    """What the screen's script has to know."""
    own = ScreenSettings.objects.filter(user=request.user).first()
    return {
        "lease_seconds": campaign.lease_seconds,
        "asks_correctness": campaign.asks_correctness,
        "asks_criteria": campaign.is_imported,
        "keys": USUAL_KEYS | (own.keys if own else {}),
        "urls": {
            "next": reverse("api_next_task", args=[campaign.pk]),
            "history": reverse("label_history", args=[campaign.pk]),
            "qualification": reverse("qualification", args=[campaign.pk]),
            "settings": reverse("api_screen_settings"),
            "login": reverse("login"),
        },
    }


@require_GET
@never_cache
def label_history(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The person's own labels and skips in a campaign, with a way to each."""
    campaign = visible_campaign(request.user, campaign_id)
    member = membership(campaign, request.user)
    form = HistorySearchForm(request.GET, has_scores=not campaign.is_imported)
    words, score = (form.cleaned_data["q"], form.cleaned_data.get("score")) if form.is_valid() else ("", None)
    history = history_of(member, words=words, score=score)
    page = Paginator(history, PER_PAGE).get_page(PageQuery(request).page_number())
    context = {
        "campaign": campaign,
        "criteria": asked_definitions(campaign.pk) if campaign.is_imported else [],
        "form": form,
        "page": page,
        "is_search": bool(words or score),
    }
    return render(request, "annotations/labelling/history.html", context, status=422 if form.errors else 200)
