"""The qualification round: for annotators the round itself, for leads who has passed."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.access import campaign_on_runs, visible_campaign
from annotations.labelling.services.assignment import membership
from annotations.models import Campaign, Task
from annotations.quality.forms import QualificationAnswerForm
from annotations.quality.selectors.qualification import (
    answers_by,
    baseline_of,
    is_told,
    items_per_attempt,
    items_short,
    next_item,
    open_attempt,
    people_in_qualification,
    qualification_items,
    standing,
    told_answers,
)
from annotations.quality.services.qualification import (
    answer_item,
    grant_attempt,
    qualify_member,
    start_attempt,
)
from annotations.quality.views.quality import member_of
from core.errors import DomainError, NotFound
from core.http.access import PersonRequest


@require_GET
@never_cache
def qualification(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The round, the person's result so far, and a button to continue."""
    campaign = visible_campaign(request.user, campaign_id)
    member = membership(campaign, request.user)
    context = {
        "campaign": campaign,
        "guidelines": campaign.guidelines,
        "rubric": campaign.rubric,
        "member": member,
        "standing": standing(member),
        "told": told_answers(member),
        "percent": None if campaign.pass_mark is None else f"{100 * campaign.pass_mark:g}",
    }
    return render(request, "annotations/quality/qualification.html", context)


@require_POST
def qualification_start(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """Begin an attempt, or go on with the one under way."""
    campaign = visible_campaign(request.user, campaign_id)
    attempt = start_attempt(member=membership(campaign, request.user))
    page = "qualification_item" if attempt.finished_at is None else "qualification"
    return redirect(page, campaign_id=campaign.pk)


@require_http_methods(["GET", "POST"])
@never_cache
def qualification_item(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """The next item of the attempt under way; posted, the answer to an item."""
    campaign = visible_campaign(request.user, campaign_id)
    member = membership(campaign, request.user)
    attempt = open_attempt(member)
    form = QualificationAnswerForm(request.POST or None)
    if form.is_valid():
        task = _item(campaign, form.cleaned_data["task"])
        # A double click on the last item comes when the attempt is over: the first answer stands.
        attempt = attempt or member.qualification_attempts.last()
        if attempt is None:
            return redirect("qualification", campaign_id=campaign.pk)
        answer_item(attempt=attempt, task=task, score=form.cleaned_data["score"])
        return redirect("qualification_item", campaign_id=campaign.pk)
    task_shown = next_item(attempt) if attempt else None
    if task_shown is None:
        return redirect("qualification", campaign_id=campaign.pk)
    context = _item_context(campaign, task_shown) | {"form": form, "standing": standing(member)}
    status = 422 if form.errors else 200
    return render(request, "annotations/quality/qualification_item.html", context, status=status)


def _item(campaign: Campaign, task_id: int) -> Task:
    task = qualification_items(campaign).select_related("known_score").filter(pk=task_id).first()
    if task is None:
        raise NotFound("This item does not exist.")
    return task


def _item_context(campaign: Campaign, task: Task) -> dict[str, object]:
    """What an item's pages show. Model, run and judges are not in it."""
    item = task.response.item
    return {
        "campaign": campaign,
        "task_id": task.pk,
        "question": item.question,
        "preference": item.preference,
        "baseline": baseline_of(task),
        "personalised": task.response.text,
        "rubric": campaign.rubric,
    }


@require_GET
def qualification_answer(request: PersonRequest, campaign_id: int, answer_id: int) -> HttpResponse:
    """One of the person's own answers, once nobody can be asked the item again: what was right, and why."""
    campaign = visible_campaign(request.user, campaign_id)
    member = membership(campaign, request.user)
    answer = answers_by(member).filter(pk=answer_id).first()
    if answer is None or not is_told(answer):
        raise NotFound("This answer does not exist.")
    context = _item_context(campaign, answer.task) | {
        "answer": answer,
        "known": answer.task.known_score,
    }
    return render(request, "annotations/quality/qualification_answer.html", context)


@require_GET
def qualification_people(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """For leads: everybody's attempts."""
    campaign = campaign_on_runs(request.user, campaign_id)
    items = qualification_items(campaign).count()
    context = {
        "campaign": campaign,
        "people": people_in_qualification(campaign),
        "items": items,
        "each": items_per_attempt(campaign, items),
        "short": items_short(campaign, items),
        "percent": None if campaign.pass_mark is None else f"{100 * campaign.pass_mark:g}",
    }
    return render(request, "annotations/quality/qualification_people.html", context)


@require_POST
def qualification_decide(request: PersonRequest, campaign_id: int, member_id: int) -> HttpResponse:
    """For leads: another attempt for somebody, or their qualification by hand."""
    member = member_of(campaign_on_runs(request.user, campaign_id), member_id)
    match request.POST.get("action"):
        case "grant":
            grant_attempt(member=member, actor=request.user)
            messages.success(request, f"{member.user} has another attempt.")
        case "qualify":
            qualify_member(member=member, actor=request.user)
            messages.success(request, f"{member.user} is qualified.")
        case _:
            raise DomainError("Choose an action: grant another attempt or qualify manually.", field="action")
    return redirect("qualification_people", campaign_id=campaign_id)
