"""The annotation screen and its requests."""

import uuid

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from annotations.access import own_assignment, visible_campaign
from annotations.forms.labelling import DraftForm, LabelForm
from annotations.models import Assignment, Draft
from annotations.selectors.labelling import labelled_by, task_to_show, why_nothing_to_label
from annotations.services.assignment import claim_task, membership, renew_lease
from annotations.services.labels import save_draft, submit_label
from evaluation.access import PersonRequest
from evaluation.errors import DomainError
from evaluation.models import Response
from evaluation.models.item import Condition


# Never cached: "back" to a task that was submitted would bring its submission key back, too.
@require_GET
@never_cache
def label_next(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The annotation screen with the task in hand, or the reason why there is none."""
    campaign = visible_campaign(request.user, campaign_id)
    member = membership(campaign, request.user)
    assignment = claim_task(campaign=campaign, member=member)
    if assignment is None:
        nothing = why_nothing_to_label(campaign, member)
        context = {"campaign": campaign, "nothing": nothing, "done": labelled_by(member)}
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


def _label_page(
    request: PersonRequest, assignment: Assignment, form: LabelForm, *, draft_version: int, status: int = 200
) -> HttpResponse:
    """The annotation screen. Model, run and judges are not in its context, so they cannot be in the page."""
    task = task_to_show(assignment)
    item = task.response.item
    baseline = Response.objects.get(item=item, condition=Condition.BASELINE)
    context = {
        "campaign": task.campaign,
        "guidelines": task.campaign.guidelines,
        "assignment": assignment,
        "draft_version": draft_version,
        "question": item.question,
        "preference": item.preference,
        "baseline": baseline.text,
        "personalised": task.response.text,
        "rubric": task.campaign.rubric,
        "form": form,
        "done": labelled_by(assignment.member),
    }
    return render(request, "annotations/label.html", context, status=status)
