"""Pages of judges, for staff: making them, where they are used, and trying them and endpoints out."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError, NotFound
from core.http.access import PersonRequest, staff_or_404
from core.http.form_pages import carried_out, form_page
from core.http.page_query import PageQuery
from evaluation.endpoints.services.endpoints import missing_key
from evaluation.engine.steps.judging import judge_input, verdict_of
from evaluation.judges.forms import ItemChoiceForm, JudgeForm, TrialForm
from evaluation.judges.selectors import (
    item_to_try_on,
    judges_with_uses,
    runs_judged_by,
    runs_to_try_on,
    texts_of,
)
from evaluation.judges.services.canaries import canary_cost_limit, start_canary_test
from evaluation.judges.services.canary_results import canary_result, latest_canary_test
from evaluation.judges.services.judges import JudgeSpec, create_judge
from evaluation.judges.services.trials import (
    EXAMPLE,
    trial_of,
    trial_of_judge,
    try_endpoint,
    try_judge,
)
from evaluation.models import Endpoint, Item, Judge
from evaluation.models.endpoint import JudgeOrigin
from evaluation.stages.canaries import canary_set
from evaluation.stages.judge import JudgeInput


@require_GET
@staff_or_404
def judge_list(request: PersonRequest) -> HttpResponse:
    return render(request, "evaluation/judges/judge_list.html", {"judges": judges_with_uses()})


@require_http_methods(["GET", "POST"])
@staff_or_404
def judge_create(request: PersonRequest) -> HttpResponse:
    form = JudgeForm(request.POST or None, initial={"rubric": PageQuery(request).key("rubric")})
    judge = carried_out(form, lambda: create_judge(spec=JudgeSpec(**form.cleaned_data), actor=request.user))
    if judge is None:
        return form_page(request, "evaluation/judges/judge_form.html", form)
    messages.success(request, f"Judge “{judge}” created. Test it on one item before using it.")
    return redirect("judge_detail", judge_id=judge.pk)


@require_GET
@staff_or_404
def judge_detail(request: PersonRequest, judge_id: int) -> HttpResponse:
    judge = get_object_or_404(judges_with_uses(), pk=judge_id)
    canary_test = latest_canary_test(judge)
    context = {
        "judge": judge,
        "runs": runs_judged_by(judge),
        "canaries": None if canary_test is None else canary_result(canary_test),
        "missing_key": missing_key(judge.endpoint) if judge.endpoint else None,
    }
    return render(request, "evaluation/judges/judge_detail.html", context)


@require_http_methods(["GET", "POST"])
@staff_or_404
def judge_test(request: PersonRequest, judge_id: int) -> HttpResponse:
    """Try the judge on an item of a run, or on texts that are pasted."""
    judge = get_object_or_404(Judge.objects.select_related("endpoint"), pk=judge_id)
    if judge.origin == JudgeOrigin.IMPORTED:
        raise NotFound(f"{judge} contains imported ratings, so there is nothing to test.")
    choice = ItemChoiceForm(request.GET if PageQuery(request).has("run") else None)
    choice.fields["run"].queryset = runs_to_try_on()  # type: ignore[attr-defined] # a ModelChoiceField
    item = _chosen(choice, PageQuery(request).key("item"))
    form = TrialForm(request.POST) if request.method == "POST" else TrialForm.showing(_shown(item))
    trial = carried_out(form, lambda: try_judge(judge=judge, shown=form.shown(), actor=request.user))
    if trial is None:
        context: dict[str, object] = {"judge": judge, "choice": choice, "item": item}
        return form_page(request, "evaluation/judges/judge_test.html", form, context)
    return redirect("judge_trial", judge_id=judge.pk, completion_id=trial.pk)


@require_GET
@staff_or_404
def judge_trial(request: PersonRequest, judge_id: int, completion_id: int) -> HttpResponse:
    """The result of a test: the prompt as sent, the reply, and what it is read as."""
    judge = get_object_or_404(Judge.objects.select_related("endpoint", "rubric"), pk=judge_id)
    trial = trial_of_judge(judge, completion_id)
    verdict = verdict_of(trial) if trial.finished_at else None
    context = {
        "judge": judge,
        "endpoint": judge.endpoint,
        "trial": trial,
        "most_tries": settings.COMPLETION_MAX_ATTEMPTS,
        "verdict": verdict,
        "followed": verdict is not None and judge.followed(verdict.score),
    }
    template = "evaluation/judges/_trial.html" if request.htmx else "evaluation/judges/judge_trial.html"
    return render(request, template, context)


def _chosen(choice: ItemChoiceForm, item: int | None) -> Item | None:
    """The item that the address names, or that was chosen by run and place."""
    if item is not None:
        items = Item.objects.select_related("question", "preference", "run")
        return items.filter(pk=item, preference__isnull=False).first()
    if choice.is_bound and choice.is_valid():
        return item_to_try_on(choice.cleaned_data["run"], choice.cleaned_data["position"])
    return None


def _shown(item: Item | None) -> JudgeInput:
    """What the judge would see of the item; without one, an example."""
    return judge_input(item, *texts_of(item)) if item is not None else EXAMPLE


@require_POST
@staff_or_404
def endpoint_try(request: PersonRequest, endpoint_id: int) -> HttpResponse:
    """Make one small call."""
    endpoint = get_object_or_404(Endpoint, pk=endpoint_id)
    trial = try_endpoint(endpoint=endpoint, actor=request.user)
    return redirect("endpoint_trial", endpoint_id=endpoint.pk, completion_id=trial.pk)


@require_GET
@staff_or_404
def endpoint_trial(request: PersonRequest, endpoint_id: int, completion_id: int) -> HttpResponse:
    """The outcome of a test; to htmx, the part of the page that waits for it."""
    endpoint = get_object_or_404(Endpoint, pk=endpoint_id)
    context = {
        "endpoint": endpoint,
        "trial": trial_of(endpoint, completion_id),
        "most_tries": settings.COMPLETION_MAX_ATTEMPTS,
    }
    template = "evaluation/judges/_trial.html" if request.htmx else "evaluation/judges/endpoint_trial.html"
    return render(request, template, context)


@require_http_methods(["GET", "POST"])
@staff_or_404
def judge_canaries(request: PersonRequest, judge_id: int) -> HttpResponse:
    """The outcome of the latest test with injected responses; a POST starts another."""
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
