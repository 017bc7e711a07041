"""How well each person of a campaign does, for its leads, and what they do about it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from annotations.access import campaign_on_runs
from annotations.models import Campaign, Member
from annotations.quality.forms import PersonActionForm
from annotations.quality.selectors.quality import (
    bars_of,
    members_without_figures,
    people_with_figures,
    person_with_figures,
)
from annotations.quality.services.cached_quality import quality_now
from annotations.quality.services.quality import pause_member, restore_labels, resume_member, set_aside_labels
from annotations.quality.views.quality_shown import DEFINITIONS, course_line, score_shares
from core.errors import DomainError, NotFound
from core.http.access import PersonRequest
from perg.stats.raters import quality

RULE = {"least_controls": quality.MINIMUM_CONTROLS, "least_shared": quality.MINIMUM_SHARED}


@require_GET
def quality_list(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """A row for each person, with the figures that the bars are about."""
    campaign = campaign_on_runs(request.user, campaign_id)
    cached = quality_now(campaign)
    figures = cached.value or {}
    context = {
        "campaign": campaign,
        "kept": cached,
        "people": people_with_figures(campaign, figures),
        "without_figures": [] if cached.is_current else members_without_figures(campaign, figures),
        "bars": bars_of(campaign),
        "definitions": DEFINITIONS,
        **RULE,
    }
    return render(request, "annotations/quality/quality.html", context)


@require_GET
def quality_detail(request: PersonRequest, campaign_id: int, member_id: int) -> HttpResponse:
    """All figures of one person, and what can be done."""
    campaign = campaign_on_runs(request.user, campaign_id)
    member = member_of(campaign, member_id)
    cached = quality_now(campaign, only=member)
    context = {
        "campaign": campaign,
        "kept": cached,
        "member": member,
        "has_votes": member.assignments.voting().exists(),
        "has_set_aside": member.assignments.filter(is_set_aside=True).exists(),
        "definitions": DEFINITIONS,
        **RULE,
    }
    if figures := (cached.value or {}).get(member.pk):
        context |= {
            "person": person_with_figures(campaign, member, figures),
            "figures": figures,
            "scores": score_shares(figures),
            "course": course_line(figures.drift.course),
        }
    return render(request, "annotations/quality/quality_detail.html", context)


@require_POST
def quality_act(request: PersonRequest, campaign_id: int, member_id: int) -> HttpResponse:
    """Pause or resume a person, set their labels aside or restore them."""
    member = member_of(campaign_on_runs(request.user, campaign_id), member_id)
    form = PersonActionForm(request.POST)
    if not form.is_valid():
        raise DomainError("Choose an action. A pause needs a short reason.")
    messages.success(request, _act(member, request, form.cleaned_data))
    return redirect("quality_detail", campaign_id=campaign_id, member_id=member_id)


def _act(member: Member, request: PersonRequest, request_values: dict[str, str]) -> str:
    """Do what was asked; give the words that say so."""
    match request_values["action"]:
        case "pause":
            pause_member(member=member, reason=request_values["reason"], actor=request.user)
            return f"{member.user} has been paused and gets no more tasks."
        case "resume":
            resume_member(member=member, actor=request.user)
            return f"{member.user} gets tasks again."
        case "set_aside":
            count = set_aside_labels(member=member, actor=request.user)
            return f"{count} label{'' if count == 1 else 's'} set aside: kept, but not counted."
        case _:
            count = restore_labels(member=member, actor=request.user)
            return f"{count} label{'' if count == 1 else 's'} restored and counted again."


def member_of(campaign: Campaign, member_id: int) -> Member:
    """A member of the campaign. Raises NotFound."""
    member = campaign.members.select_related("user", "campaign", "paused_by").filter(pk=member_id).first()
    if member is None:
        raise NotFound("This person is not in this campaign.")
    return member
