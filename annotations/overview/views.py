"""The page of a campaign for its leads, composed of what the other features say of it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotations.access import led_campaign
from annotations.campaigns.selectors.alignment import alignment_by_people
from annotations.campaigns.selectors.campaigns import imported_counts
from annotations.campaigns.selectors.presence import people_now
from annotations.campaigns.selectors.progress import live_progress, open_flags
from annotations.campaigns.services.cached_progress import progress_now
from annotations.campaigns.services.campaigns import TRANSITIONS
from annotations.models import Campaign, Member
from annotations.models.campaign import CampaignStatus
from annotations.validation.criteria_page import criteria_page
from core.http.access import PersonRequest

SHOWN_FLAGS = 20
IMPORTED = "annotations/overview/campaign_imported.html"


@require_GET
def campaign_detail(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """A lead's view of the campaign; to htmx, the part of it that changes by itself."""
    campaign = led_campaign(request.user, campaign_id)
    if not campaign.is_labelled:
        return render(request, IMPORTED, {"campaign": campaign, **_imported(campaign)})
    cached = progress_now(campaign)
    counted = cached.value
    context: dict[str, object] = {
        "campaign": campaign,
        "kept": cached,
        "live": live_progress(campaign, counted),
        "people": people_now(campaign, counted.done if counted else None),
    }
    if request.htmx:
        return render(request, "annotations/overview/_progress.html", context)
    context |= {
        "flags": open_flags(campaign)[:SHOWN_FLAGS],
        "next_statuses": TRANSITIONS[CampaignStatus(campaign.status)],
        "can_label": Member.objects.filter(campaign=campaign, user=request.user, is_active=True).exists(),
    }
    if campaign.is_imported:
        return render(request, IMPORTED, context | _imported(campaign))
    context |= {
        "guidelines": campaign.guidelines,
        "alignment": alignment_by_people(campaign, counted.alignment if counted else None),
        "releases": campaign.gold_releases.select_related("created_by"),
    }
    return render(request, "annotations/overview/campaign_detail.html", context)


def _imported(campaign: Campaign) -> dict[str, object]:
    """What was imported: the criteria, what the reports on them say, and the raters."""
    counts, lines = imported_counts(campaign), criteria_page(campaign, checked=False).lines
    return {
        "items": counts.items,
        "criteria": [(criterion, lines[criterion.key]) for criterion in counts.criteria],
        "raters": counts.raters,
    }
