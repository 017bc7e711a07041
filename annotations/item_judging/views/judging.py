"""What a page makes a judge do: start, pause, resume, cancel, ask again, and spend no more than so much."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from annotations.access import led_campaign
from annotations.item_judging.forms import JudgingForm
from annotations.item_judging.selectors.judges import item_judge_of
from annotations.item_judging.services.control import (
    cancel_judging,
    pause_judging,
    resume_judging,
    retry_judging,
    set_judging_budgets,
    start_judging,
)
from annotations.item_judging.services.estimate import estimate_judging
from annotations.item_judging.services.judges import check_may_call
from annotations.item_judging.views.judges import judge_page
from core.errors import DomainError
from core.http.access import PersonRequest
from core.http.form_pages import carried_out, form_page
from evaluation.runs.forms.runs import BudgetForm

ACTIONS: dict[str, tuple[Callable[..., object], str]] = {
    "pause": (pause_judging, "The judge is paused. The few calls that are queued will end and be recorded."),
    "resume": (resume_judging, "The judge goes on."),
    "cancel": (cancel_judging, "The judging has been cancelled. The judge's ratings stay."),
    "retry": (retry_judging, "What lacks an answer is asked again."),
}
LONGEST_REASON = 200


@require_POST
def item_judge_start(request: PersonRequest, campaign_id: int, judge_id: int) -> HttpResponse:
    """Have the judge asked about items, or, without starting anything, see what that would take."""
    judge = item_judge_of(led_campaign(request.user, campaign_id), judge_id)
    check_may_call(request.user)
    form = JudgingForm(request.POST)
    if request.POST.get("act") == "estimate":
        context = judge_page(judge, form)
        context["estimate"] = estimate_judging(judge, form.plan()) if form.is_valid() else None
        template = "annotations/item_judging/item_judge_detail.html"
        return render(request, template, context, status=422 if form.errors else 200)
    if carried_out(form, lambda: start_judging(judge=judge, plan=form.plan(), actor=request.user)) is None:
        template = "annotations/item_judging/item_judge_detail.html"
        return form_page(request, template, form, judge_page(judge, form))
    messages.success(request, "The judge has been started.")
    return redirect("item_judge_detail", campaign_id=campaign_id, judge_id=judge.pk)


@require_POST
def item_judge_control(request: PersonRequest, campaign_id: int, judge_id: int, action: str) -> HttpResponse:
    """Pause, resume or cancel a judge, or ask again for what lacks an answer."""
    judge = item_judge_of(led_campaign(request.user, campaign_id), judge_id)
    if action not in ACTIONS:
        raise Http404
    control, done = ACTIONS[action]
    if action == "retry":
        reason = request.POST.get("reason", "")[:LONGEST_REASON]
        retry_judging(judge=judge, reason=reason, actor=request.user)
    else:
        control(judge=judge, actor=request.user)
    messages.success(request, done)
    return redirect("item_judge_detail", campaign_id=campaign_id, judge_id=judge.pk)


@require_POST
def item_judge_budgets(request: PersonRequest, campaign_id: int, judge_id: int) -> HttpResponse:
    """Set what a judge may spend."""
    judge = item_judge_of(led_campaign(request.user, campaign_id), judge_id)
    form = BudgetForm(request.POST)
    if not form.is_valid():
        raise DomainError("Enter a budget above 0, or leave it empty for no limit.")
    set_judging_budgets(judge=judge, **form.cleaned_data, actor=request.user)
    messages.success(request, "The budgets have been saved.")
    return redirect("item_judge_detail", campaign_id=campaign_id, judge_id=judge.pk)
