"""Pages of labelling: for annotators the task in hand, for leads the campaign, its agreement and its gold."""

import uuid
from collections.abc import Callable, Iterator

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations import selectors
from annotations.access import led_campaign, led_release, own_assignment, visible_campaign
from annotations.agreement.report import agreement_report
from annotations.exporters import csv, jsonl
from annotations.forms import CampaignForm, DraftForm, LabelForm
from annotations.models import Assignment, Draft, GoldRelease, Member
from annotations.models.campaign import CampaignStatus
from annotations.services import gold
from annotations.services.assignment import claim_task, membership, renew_lease
from annotations.services.campaigns import create_campaign, set_campaign_status
from annotations.services.labels import save_draft, submit_label
from evaluation.access import PersonRequest, staff_or_404
from evaluation.errors import DomainError
from evaluation.models import Response
from evaluation.models.item import Condition

EXPORTERS: dict[str, tuple[str, Callable[[GoldRelease], Iterator[bytes]]]] = {
    "csv": (csv.CONTENT_TYPE, csv.export),
    "jsonl": (jsonl.CONTENT_TYPE, jsonl.export),
}


@require_GET
def campaign_list(request: PersonRequest) -> HttpResponse:
    return render(request, "annotations/campaign_list.html", selectors.campaigns_of(request.user))


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
        "progress": selectors.campaign_progress(campaign),
        "members": selectors.members_with_counts(campaign),
        "releases": selectors.releases_with_counts(campaign),
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


# Never cached: "back" to a task that was submitted would bring its submission key back, too.
@require_GET
@never_cache
def label_next(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The annotation screen with the task in hand, or the reason why there is none."""
    campaign = visible_campaign(request.user, campaign_id)
    member = membership(campaign, request.user)
    assignment = claim_task(campaign=campaign, member=member)
    if assignment is None:
        nothing = selectors.why_nothing_to_label(campaign, member)
        context = {"campaign": campaign, "nothing": nothing, "done": selectors.labelled_by(member)}
        return render(request, "annotations/nothing_to_label.html", context)
    draft = Draft.objects.filter(assignment=assignment).first()
    initial = {"score": draft.score, "comment": draft.comment} if draft else {}
    form = LabelForm(initial={**initial, "submission_key": uuid.uuid4()})
    return _label_page(request, assignment, form, draft_version=draft.version if draft else 0)


@require_POST
def label_submit(request: PersonRequest, assignment_id: int) -> HttpResponse:
    """Take a label and go on to the next task."""
    assignment = own_assignment(request.user, assignment_id)
    form = LabelForm(request.POST)
    if not form.is_valid():
        draft = Draft.objects.filter(assignment=assignment).first()
        return _label_page(request, assignment, form, draft_version=draft.version if draft else 0, status=422)
    submit_label(assignment=assignment, **form.cleaned_data)
    return redirect("label_next", campaign_id=assignment.task.campaign_id)


@require_POST
def label_draft(request: PersonRequest, assignment_id: int) -> JsonResponse:
    """Keep what has been entered so far; answers with the draft's new version."""
    assignment = own_assignment(request.user, assignment_id)
    form = DraftForm(request.POST)
    if not form.is_valid():
        raise DomainError(" ".join(str(message) for errors in form.errors.values() for message in errors))
    draft = save_draft(assignment=assignment, **form.cleaned_data)
    return JsonResponse({"version": draft.version})


@require_POST
def label_heartbeat(request: PersonRequest, assignment_id: int) -> JsonResponse:
    """Keep the task for its annotator while the page is in use."""
    assignment = renew_lease(assignment=own_assignment(request.user, assignment_id))
    return JsonResponse({"leased_until": assignment.leased_until})


@require_GET
def campaign_agreement(request: PersonRequest, campaign_id: int) -> HttpResponse:
    campaign = led_campaign(request.user, campaign_id)
    return render(
        request, "annotations/agreement.html", {"campaign": campaign, "report": agreement_report(campaign)}
    )


@require_POST
def gold_release(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """Release the campaign's gold as the labels are now."""
    campaign = led_campaign(request.user, campaign_id)
    release = gold.release_gold(campaign=campaign, created_by=request.user)
    messages.success(request, f"Gold release {release.number} is made.")
    return redirect("campaign_detail", campaign_id=campaign.pk)


@require_GET
def gold_export(request: PersonRequest, release_id: int, extension: str) -> StreamingHttpResponse:
    """A gold release as a file, streamed."""
    release = led_release(request.user, release_id)
    if extension not in EXPORTERS:
        raise Http404
    content_type, export = EXPORTERS[extension]
    name = f"perg-gold-campaign{release.campaign_id}-release{release.number}.{extension}"
    return StreamingHttpResponse(
        export(release),
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Gold-Checksum": release.checksum,
        },
    )


def _label_page(
    request: PersonRequest, assignment: Assignment, form: LabelForm, *, draft_version: int, status: int = 200
) -> HttpResponse:
    """The annotation screen. Model, run and judges are not in its context, so they cannot be in the page."""
    task = selectors.task_to_show(assignment)
    item = task.response.item
    baseline = Response.objects.get(item=item, condition=Condition.BASELINE)
    context = {
        "campaign": task.campaign,
        "assignment": assignment,
        "draft_version": draft_version,
        "question": item.question,
        "preference": item.preference,
        "baseline": baseline.text,
        "personalised": task.response.text,
        "rubric": task.campaign.rubric,
        "form": form,
        "done": selectors.labelled_by(assignment.member),
    }
    return render(request, "annotations/label.html", context, status=status)
