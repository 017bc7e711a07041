"""The annotation screen and its requests. The page is a shell; its tasks come and go as JSON."""

from typing import Any

from django import forms
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from annotations.access import labelling_member, own_assignment, visible_campaign
from annotations.labelling.differences import word_differences
from annotations.labelling.forms import DraftForm, FlagForm, LabelForm, SkipForm
from annotations.labelling.keys import USUAL_KEYS
from annotations.labelling.selectors.labelling import labelled_by, shown_task
from annotations.labelling.selectors.standing import labels_wanted_of
from annotations.labelling.services.assignment import claim_task, renew_lease
from annotations.labelling.services.labels import save_draft, submit_label
from annotations.labelling.services.skips import flag_task, skip_task
from annotations.labelling.views.task_json import next_json, rendered, task_json
from annotations.models import Campaign, ScreenSettings
from core.errors import DomainError, NotFound
from core.http.access import PersonRequest
from core.http.page_query import PageQuery
from core.text.keys import key_in
from core.text.word_splitting import MOST_WORDS


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
        shown = shown_task(assignment)
        wanted = labels_wanted_of(member)
        first: dict[str, object] = {
            "task": task_json(shown),
            "nothing": None,
            "done": shown.labelled,
            "wanted": wanted,
        }
    else:
        first = next_json(member, claim_task(campaign=campaign, member=member))
    context = {
        "campaign": campaign,
        "guidelines": campaign.guidelines,
        "rubric": campaign.rubric,
        "first": first,
        "settings": _settings(request, campaign),
    }
    return render(request, "annotations/labelling/label.html", context)


def _settings(request: PersonRequest, campaign: Campaign) -> dict[str, object]:
    """What the screen's script has to know."""
    own = ScreenSettings.objects.filter(user=request.user).first()
    return {
        "lease_seconds": campaign.lease_seconds,
        "asks_correctness": campaign.asks_correctness,
        "keys": USUAL_KEYS | (own.keys if own else {}),
        "urls": {
            "next": reverse("label_task", args=[campaign.pk]),
            "history": reverse("label_history", args=[campaign.pk]),
            "settings": reverse("screen_settings"),
            "login": reverse("login"),
        },
    }


@require_POST
def label_task(request: PersonRequest, campaign_id: int) -> JsonResponse:
    """A task in hand that the page does not have yet, else a new one; or why there is none."""
    member = labelling_member(request.user, campaign_id)
    holding = [key for key in map(key_in, request.POST.getlist("holding")) if key is not None]
    assignment = claim_task(campaign=member.campaign, member=member, holding=holding)
    return JsonResponse(next_json(member, assignment))


@require_GET
@never_cache
def label_assignment(request: PersonRequest, assignment_id: int) -> JsonResponse:
    """One of one's own tasks, whatever has become of it."""
    return JsonResponse({"task": task_json(shown_task(own_assignment(request.user, assignment_id)))})


@require_POST
def label_submit(request: PersonRequest, assignment_id: int) -> JsonResponse:
    """Take a label, or a new revision of it."""
    assignment = own_assignment(request.user, assignment_id)
    label = submit_label(assignment=assignment, **_cleaned(LabelForm(request.POST)))
    return JsonResponse(
        {
            "revision": label.revision,
            "done": labelled_by(assignment.member),
        }
    )


@require_POST
def label_draft(request: PersonRequest, assignment_id: int) -> JsonResponse:
    """Keep what has been entered so far; answers with the draft's new version."""
    assignment = own_assignment(request.user, assignment_id)
    draft = save_draft(assignment=assignment, **_cleaned(DraftForm(request.POST)))
    return JsonResponse({"version": draft.version})


@require_POST
def label_heartbeat(request: PersonRequest, assignment_id: int) -> JsonResponse:
    """Keep the task for its annotator while the page is in use."""
    assignment = renew_lease(assignment=own_assignment(request.user, assignment_id))
    return JsonResponse({"leased_until": assignment.leased_until})


@require_POST
def label_skip(request: PersonRequest, assignment_id: int) -> JsonResponse:
    """Give the task to somebody else."""
    assignment = own_assignment(request.user, assignment_id)
    skip_task(assignment=assignment, **_cleaned(SkipForm(request.POST)))
    return JsonResponse({"done": labelled_by(assignment.member)})


@require_POST
def label_flag(request: PersonRequest, assignment_id: int) -> JsonResponse:
    """Tell the leads of something amiss with the task."""
    assignment = own_assignment(request.user, assignment_id)
    return JsonResponse({"flag": flag_task(assignment=assignment, **_cleaned(FlagForm(request.POST))).pk})


@require_GET
@never_cache
def label_differences(request: PersonRequest, assignment_id: int) -> JsonResponse:
    """Both responses with the words marked in which they differ."""
    shown = shown_task(own_assignment(request.user, assignment_id))
    marked = word_differences(rendered(shown.baseline), rendered(shown.personalised))
    if marked is None:
        raise DomainError(
            f"These texts are too long to compare here: more than {MOST_WORDS:,} words, or too many repeated ones.",
            code="too_long",
        )
    return JsonResponse(dict(zip(("baseline_html", "personalised_html"), marked, strict=True)))


def _cleaned(form: forms.Form) -> dict[str, Any]:
    """The form's values. Raises DomainError with the first field at fault: there is no page to show them all in."""
    if form.is_valid():
        return form.cleaned_data
    field, messages = next(iter(form.errors.items()))
    raise DomainError(" ".join(str(message) for message in messages), field=field)
