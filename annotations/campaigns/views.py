"""Pages of campaigns: the list, a new one, its settings, members and guidelines."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.access import campaign_maker, led_campaign
from annotations.campaigns.forms import (
    BeginLabellingForm,
    CampaignForm,
    GuidelinesForm,
    MembersForm,
    SettingsForm,
)
from annotations.campaigns.selectors.campaigns import campaigns_of
from annotations.campaigns.selectors.guidelines import guidelines_with_counts
from annotations.campaigns.services.begin_labelling import begin_labelling
from annotations.campaigns.services.campaigns import (
    add_members,
    change_settings,
    create_campaign,
    set_campaign_status,
)
from annotations.campaigns.services.guidelines import revise_guidelines
from annotations.models import Campaign
from annotations.models.campaign import CampaignStatus
from core.errors import DomainError, NotFound
from core.http.access import PersonRequest
from core.http.form_pages import carried_out, form_page
from core.http.page_query import PageQuery


@require_GET
def campaign_list(request: PersonRequest) -> HttpResponse:
    archived = PageQuery(request).has("archived")
    context = campaigns_of(request.user, archived=archived) | {"archived": archived}
    return render(request, "annotations/campaigns/campaign_list.html", context)


@require_http_methods(["GET", "POST"])
def campaign_create(request: PersonRequest) -> HttpResponse:
    """A new campaign: by staff of any runs, by a lead of those of the campaigns that they lead."""
    campaign_maker(request.user)
    initial = {"runs": PageQuery(request).keys("run")}
    form = CampaignForm(request.POST or None, maker=request.user, initial=initial)
    campaign = carried_out(form, lambda: create_campaign(spec=form.spec(), created_by=request.user))
    if campaign is None:
        return form_page(request, "annotations/campaigns/campaign_create.html", form)
    messages.success(request, f"The campaign “{campaign}” is open.")
    return redirect("campaign_detail", campaign_id=campaign.pk)


@require_http_methods(["GET", "POST"])
def begin_labelling_page(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """Choose which items of an imported campaign people label, or more of them."""
    campaign = led_campaign(request.user, campaign_id)
    if not campaign.is_imported:
        raise NotFound("The tasks of a campaign on runs were made with it.")
    form = BeginLabellingForm(request.POST or None, campaign=campaign, maker=request.user)
    begun = carried_out(
        form, lambda: begin_labelling(campaign=campaign, spec=form.spec(), actor=request.user)
    )
    if begun is None:
        context: dict[str, object] = {"campaign": campaign}
        return form_page(request, "annotations/campaigns/begin_labelling.html", form, context)
    messages.success(request, f"{begun.tasks.count()} items are open to label.")
    return redirect("campaign_detail", campaign_id=campaign.pk)


@require_POST
def campaign_status(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """Open, pause, close, archive or reopen a campaign."""
    campaign = led_campaign(request.user, campaign_id)
    status = request.POST.get("status", "")
    if status not in CampaignStatus.values:
        raise DomainError("Choose a status: open, paused, closed or archived.", field="status")
    set_campaign_status(campaign=campaign, status=CampaignStatus(status), actor=request.user)
    messages.success(request, f"The campaign is now {CampaignStatus(status).label.lower()}.")
    return redirect("campaign_detail", campaign_id=campaign.pk)


@require_http_methods(["GET", "POST"])
def campaign_settings(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """What may change while people label."""
    campaign = led_campaign(request.user, campaign_id)
    form = SettingsForm(request.POST or None, campaign=campaign)
    if carried_out(form, lambda: change_settings(campaign=campaign, actor=request.user, **form.changes())):
        messages.success(request, "The settings have been saved.")
        return redirect("campaign_settings", campaign_id=campaign.pk)
    return _settings_page(request, campaign, form, MembersForm())


@require_POST
def campaign_add_members(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """Bring people who have an account into the campaign."""
    campaign = led_campaign(request.user, campaign_id)
    form = MembersForm(request.POST)
    if form.is_valid():
        try:
            added = add_members(
                campaign=campaign,
                people=form.cleaned_data["usernames"],
                role=form.cleaned_data["role"],
                actor=request.user,
            )
        except DomainError as error:
            form.add_error("usernames", error.message)
        else:
            messages.success(request, f"{len(added)} added to the campaign.")
            return redirect("campaign_settings", campaign_id=campaign.pk)
    return _settings_page(request, campaign, SettingsForm(campaign=campaign), form)


def _settings_page(
    request: PersonRequest, campaign: Campaign, form: SettingsForm, members_form: MembersForm
) -> HttpResponse:
    context = {"campaign": campaign, "form": form, "members_form": members_form}
    status = 422 if form.errors or members_form.errors else 200
    return render(request, "annotations/campaigns/campaign_settings.html", context, status=status)


@require_http_methods(["GET", "POST"])
def campaign_guidelines(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The guidelines in force, to edit, and their earlier versions."""
    campaign = led_campaign(request.user, campaign_id)
    versions = guidelines_with_counts(campaign)
    newest = versions[0] if versions else None
    initial = {"text": newest.text if newest else "", "based_on": newest.version if newest else 0}
    form = GuidelinesForm(request.POST or None, initial=initial)
    if form.is_valid():
        revised = carried_out(
            form, lambda: revise_guidelines(campaign=campaign, author=request.user, **form.cleaned_data)
        )
        if revised is not None:
            messages.success(request, f"Version {revised.version} of the guidelines has been published.")
            return redirect("campaign_guidelines", campaign_id=campaign.pk)
        # What was typed stays; saved again, it is on top of what was written meanwhile.
        form.data = request.POST.dict() | {"based_on": str(initial["based_on"])}
    context: dict[str, object] = {"campaign": campaign, "newest": newest, "versions": versions}
    return form_page(request, "annotations/campaigns/campaign_guidelines.html", form, context)
