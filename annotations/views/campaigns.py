"""Pages of campaigns: the list, a new one, and the lead's view of one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.access import led_campaign
from annotations.agreement.report import agreement_report
from annotations.forms.campaigns import CampaignForm
from annotations.models import Member
from annotations.models.campaign import CampaignStatus
from annotations.selectors.campaigns import campaign_progress, campaigns_of, members_with_counts
from annotations.selectors.gold import releases_with_counts
from annotations.services.campaigns import create_campaign, set_campaign_status
from evaluation.access import PersonRequest, staff_or_404
from evaluation.errors import DomainError


@require_GET
def campaign_list(request: PersonRequest) -> HttpResponse:
    return render(request, "annotations/campaign_list.html", campaigns_of(request.user))


@require_http_methods(["GET", "POST"])
@staff_or_404
def campaign_create(request: PersonRequest) -> HttpResponse:
    form = CampaignForm(request.POST or None, initial={"runs": request.GET.getlist("run")})
    if form.is_valid():
        try:
            campaign = create_campaign(**form.cleaned_data, created_by=request.user)
        except DomainError as error:
            form.add_error(error.field, error.message)
        else:
            messages.success(request, f"The campaign “{campaign}” is open.")
            return redirect("campaign_detail", campaign_id=campaign.pk)
    return render(
        request, "annotations/campaign_create.html", {"form": form}, status=422 if form.errors else 200
    )


@require_GET
def campaign_detail(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """A lead's view of the campaign: progress, people, gold releases."""
    campaign = led_campaign(request.user, campaign_id)
    context = {
        "campaign": campaign,
        "guidelines": campaign.guidelines,
        "progress": campaign_progress(campaign),
        "members": members_with_counts(campaign),
        "releases": releases_with_counts(campaign),
        "can_label": Member.objects.filter(campaign=campaign, user=request.user, is_active=True).exists(),
    }
    template = "annotations/_progress.html" if request.htmx else "annotations/campaign_detail.html"
    return render(request, template, context)


@require_POST
def campaign_status(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """Open, pause or close a campaign."""
    campaign = led_campaign(request.user, campaign_id)
    status = request.POST.get("status", "")
    if status not in CampaignStatus.values:
        raise DomainError("A campaign is open, paused or closed.", field="status")
    set_campaign_status(campaign=campaign, status=CampaignStatus(status))
    return redirect("campaign_detail", campaign_id=campaign.pk)


@require_GET
def campaign_agreement(request: PersonRequest, campaign_id: int) -> HttpResponse:
    campaign = led_campaign(request.user, campaign_id)
    return render(
        request, "annotations/agreement.html", {"campaign": campaign, "report": agreement_report(campaign)}
    )
