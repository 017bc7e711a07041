"""Pages of testing a judge with injected responses, for staff."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from core.errors import DomainError
from core.http.access import PersonRequest, staff_or_404
from evaluation.judges.services.canaries import canary_cost_limit, start_canary_test
from evaluation.judges.services.canary_results import canary_result, latest_canary_test
from evaluation.models import Judge
from evaluation.models.endpoint import JudgeOrigin
from evaluation.stages.canaries import canary_set


@require_http_methods(["GET", "POST"])
@staff_or_404
def judge_canaries(request: PersonRequest, judge_id: int) -> HttpResponse:
    """The result of the latest test with injected responses; a POST starts another."""
    judges = Judge.objects.select_related("endpoint", "rubric").filter(origin=JudgeOrigin.ENDPOINT)
    judge = get_object_or_404(judges, pk=judge_id)
    if request.method == "POST":
        try:
            start_canary_test(judge=judge, actor=request.user)
        except DomainError as error:
            messages.error(request, error.message)
        return redirect("judge_canaries", judge_id=judge.pk)
    test = latest_canary_test(judge)
    context = {
        "judge": judge,
        "canary_set": canary_set(),
        "result": None if test is None else canary_result(test),
        "cost_limit": canary_cost_limit(judge),
    }
    template = "evaluation/judges/_canaries.html" if request.htmx else "evaluation/judges/judge_canaries.html"
    return render(request, template, context)
