"""The page on the agreement of people and judges."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotations.access import led_campaign
from annotations.validation.forms import ReportForm
from annotations.validation.selectors.agreement import agreement_report, is_computed_at_once
from annotations.validation.services.cached_staleness import reports_shown
from core.http.access import PersonRequest


@require_GET
def campaign_agreement(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """At once where that is quick; of a large campaign, as its newest validation report has it.

    Imported ratings have a report for each criterion, which has their agreement.
    """
    campaign = led_campaign(request.user, campaign_id)
    if campaign.is_imported:
        context = {"campaign": campaign, "criteria": list(campaign.criteria.all())}
        return render(request, "annotations/validation/agreement_imported.html", context)
    if is_computed_at_once(campaign):
        context = {"campaign": campaign, "report": agreement_report(campaign)}
        return render(request, "annotations/validation/agreement.html", context)
    now = reports_shown(campaign)
    form = ReportForm(initial=now.ready.settings if now.ready else None)
    return render(
        request,
        "annotations/validation/agreement_stored.html",
        {"campaign": campaign, "now": now, "form": form},
    )
