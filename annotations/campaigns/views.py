"""Pages of campaigns: the list, a new one, and the lead's view of one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.access import campaign_maker, led_campaign
from annotations.campaigns.forms import CampaignForm, GuidelinesForm, MembersForm, SettingsForm
from annotations.campaigns.selectors.alignment import alignment_by_people
from annotations.campaigns.selectors.campaigns import campaigns_of, imported_counts
from annotations.campaigns.selectors.guidelines import guidelines_with_counts
from annotations.campaigns.selectors.presence import people_now
from annotations.campaigns.selectors.progress import live_progress, open_flags
from annotations.campaigns.services.campaigns import (
    TRANSITIONS,
    add_members,
    change_settings,
    create_campaign,
    set_campaign_status,
)
from annotations.campaigns.services.guidelines import revise_guidelines
from annotations.campaigns.services.progress_kept import progress_now
from annotations.gold.selectors.gold import releases_with_counts
from annotations.models import Campaign, Member
from annotations.models.campaign import CampaignStatus
from annotations.validation.forms import ReportForm
from annotations.validation.selectors.agreement import agreement_report, is_computed_at_once
from annotations.validation.services.validation_kept import reports_shown
from core.errors import DomainError
from core.http.access import PersonRequest
from core.http.page_query import PageQuery

SHOWN_FLAGS = 20


@require_GET
def campaign_list(request: PersonRequest) -> HttpResponse:
    archived = PageQuery(request).has("archived")
    context = campaigns_of(request.user, archived=archived) | {"archived": archived}
    return render(request, "annotations/campaign_list.html", context)


@require_http_methods(["GET", "POST"])
def campaign_create(request: PersonRequest) -> HttpResponse:
    """A new campaign: by staff of any runs, by a lead of those of the campaigns that they lead."""
    campaign_maker(request.user)
    initial = {"runs": PageQuery(request).keys("run")}
    form = CampaignForm(request.POST or None, maker=request.user, initial=initial)
    if form.is_valid():
        try:
            campaign = create_campaign(**form.arguments(), created_by=request.user)
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
    """A lead's view of the campaign; to htmx, the part of it that changes by itself."""
    campaign = led_campaign(request.user, campaign_id)
    if campaign.is_imported:
        return render(request, "annotations/campaign_imported.html", imported_counts(campaign))
    kept = progress_now(campaign)
    counted = kept.value
    context: dict[str, object] = {
        "campaign": campaign,
        "kept": kept,
        "live": live_progress(campaign, counted),
        "people": people_now(campaign, counted.done if counted else None),
    }
    if request.htmx:
        return render(request, "annotations/_progress.html", context)
    context |= {
        "guidelines": campaign.guidelines,
        "alignment": alignment_by_people(campaign, counted.alignment if counted else None),
        "flags": open_flags(campaign)[:SHOWN_FLAGS],
        "releases": releases_with_counts(campaign),
        "next_statuses": TRANSITIONS[CampaignStatus(campaign.status)],
        "can_label": Member.objects.filter(campaign=campaign, user=request.user, is_active=True).exists(),
    }
    return render(request, "annotations/campaign_detail.html", context)


@require_POST
def campaign_status(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """Open, pause, close, archive or reopen a campaign."""
    campaign = led_campaign(request.user, campaign_id)
    status = request.POST.get("status", "")
    if status not in CampaignStatus.values:
        raise DomainError("A campaign is open, paused, closed or archived.", field="status")
    set_campaign_status(campaign=campaign, status=CampaignStatus(status), actor=request.user)
    messages.success(request, f"The campaign is {CampaignStatus(status).label.lower()}.")
    return redirect("campaign_detail", campaign_id=campaign.pk)


@require_http_methods(["GET", "POST"])
def campaign_settings(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """What may change while people label."""
    campaign = led_campaign(request.user, campaign_id)
    form = SettingsForm(request.POST or None, campaign=campaign)
    if form.is_valid():
        try:
            change_settings(campaign=campaign, actor=request.user, **form.changes())
        except DomainError as error:
            form.add_error(error.field, error.message)
        else:
            messages.success(request, "The settings are saved.")
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
    return render(request, "annotations/campaign_settings.html", context, status=status)


@require_http_methods(["GET", "POST"])
def campaign_guidelines(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The guidelines in force, to edit, and their earlier versions."""
    campaign = led_campaign(request.user, campaign_id)
    versions = guidelines_with_counts(campaign)
    newest = versions[0] if versions else None
    initial = {"text": newest.text if newest else "", "based_on": newest.version if newest else 0}
    form = GuidelinesForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            made = revise_guidelines(campaign=campaign, author=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(error.field, error.message)
            # What was typed is kept; saved again, it is on top of what was written meanwhile.
            entered = request.POST.copy()
            entered["based_on"] = str(initial["based_on"])
            form.data = entered
        else:
            messages.success(request, f"Version {made.version} of the guidelines is in force.")
            return redirect("campaign_guidelines", campaign_id=campaign.pk)
    context = {"campaign": campaign, "form": form, "newest": newest, "versions": versions}
    return render(
        request, "annotations/campaign_guidelines.html", context, status=422 if form.errors else 200
    )


@require_GET
def campaign_agreement(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """At once where that is quick; of a large campaign, as its newest validation report has it."""
    campaign = led_campaign(request.user, campaign_id)
    if is_computed_at_once(campaign):
        context = {"campaign": campaign, "report": agreement_report(campaign)}
        return render(request, "annotations/agreement.html", context)
    now = reports_shown(campaign)
    form = ReportForm(initial=now.ready.settings if now.ready else None)
    return render(
        request, "annotations/agreement_stored.html", {"campaign": campaign, "now": now, "form": form}
    )
