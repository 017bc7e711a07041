"""Requested gold releases: their progress, and trying an interrupted one again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from annotations.access import led_gold_request
from annotations.gold.forms import as_address
from annotations.gold.release_card import criteria_in_words
from annotations.gold.services.requests import retry_release
from annotations.models import GoldRequest
from annotations.models.gold import GoldRule
from core.http.access import PersonRequest
from perg.stats.gold.gold_criteria import GoldCriteria


@require_GET
def gold_request(request: PersonRequest, request_id: int) -> HttpResponse:
    """How far a release is; once it is there, its own page. To htmx, the part that changes."""
    release_request = led_gold_request(request.user, request_id)
    if release_request.release is not None:
        address = resolve_url(*shown_at(request, release_request))
        return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    criteria = GoldCriteria(**release_request.criteria)
    context = {
        "asked": release_request,
        "campaign": release_request.campaign,
        "rule": GoldRule(criteria.rule).label,
        "criteria": criteria_in_words(release_request.criteria),
        "address": as_address(criteria),
    }
    template = "_gold_request.html" if request.htmx else "gold_request.html"
    return render(request, f"annotations/gold/{template}", context)


@require_POST
def gold_request_retry(request: PersonRequest, request_id: int) -> HttpResponse:
    """Try an interrupted release again."""
    retry_release(request=led_gold_request(request.user, request_id), actor=request.user)
    return redirect("gold_request", request_id=request_id)


def shown_at(request: PersonRequest, release_request: GoldRequest) -> tuple[str, int]:
    """The page, as `redirect` takes it, that shows what has become of a request; of a release it sets a message."""
    if release_request.release is None:
        return "gold_request", release_request.pk
    messages.success(request, f"Gold release {release_request.release.number} is ready.")
    return "gold_detail", release_request.release.pk
