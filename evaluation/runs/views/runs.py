"""Pages of runs, for staff."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError
from core.http.access import PersonRequest, staff_or_404
from core.http.form_pages import form_page
from core.http.keyset import newest_page
from core.http.page_query import PageQuery
from evaluation.engine.steps.judging import launch_judging
from evaluation.imports.services.evaluation_kinds import RECORDED_RUN
from evaluation.imports.views import earlier_import, entered_for, start_import
from evaluation.judges.selectors import heuristic_judge
from evaluation.models import Endpoint, Run
from evaluation.models.run import RunStatus
from evaluation.results.figures.drill_down import linked, linked_slices
from evaluation.results.figures.forest_plots import DEFINITIONS, forest_plot, named_metrics
from evaluation.results.metrics.run_metrics import DIMENSIONS
from evaluation.results.selectors.computing import trouble_with_result
from evaluation.results.selectors.stored_metrics import metrics_and_slices
from evaluation.results.services.computing import compute_again
from evaluation.runs.forms.runs import BudgetForm, RecordedRunForm, posted_cause
from evaluation.runs.selectors.bill import bill_of
from evaluation.runs.selectors.failures import failures_with_items, tried_again
from evaluation.runs.selectors.needs import runs_with_failures
from evaluation.runs.selectors.progress import cost_by_endpoint, judging_progress, unscored_reasons
from evaluation.runs.selectors.progress import run_progress as progress_of_run
from evaluation.runs.selectors.runs import runs_with_counts
from evaluation.runs.services.control import cancel_run, pause_run, resume_run, retry_failed, set_budgets

RUNS_PER_PAGE = 100
BACK = {"home", "results", "results_figures", "results_stages", "results_costs"}
"""Pages that wait for the results of runs, besides a run's own."""

RUN_FILTERS = {"": "All", "failed": "With failed items", **dict(RunStatus.choices)}
ACTIONS: dict[str, tuple[Callable[..., object], str]] = {
    "pause": (
        pause_run,
        "The run is paused. Calls in progress will finish and be recorded; no new calls are started.",
    ),
    "resume": (resume_run, "The run has been resumed."),
    "cancel": (cancel_run, "The run has been cancelled. Recorded answers are kept."),
    "retry": (retry_failed, "The failed calls are being tried again."),
}


@require_GET
@staff_or_404
def run_list(request: PersonRequest) -> HttpResponse:
    """The runs, newest first; the address may ask for those of a status, or with failed items."""
    query = PageQuery(request)
    show = query.choice("show", RUN_FILTERS)
    runs = runs_with_counts()
    if show == "failed":
        runs = runs.filter(pk__in=runs_with_failures().values("pk"))
    elif show:
        runs = runs.filter(status=show)
    page = newest_page(runs, query, size=RUNS_PER_PAGE)
    context = {"runs": page.rows, "page": page, "show": show, "filters": RUN_FILTERS}
    return render(request, "evaluation/runs/run_list.html", context)


@require_http_methods(["GET", "POST"])
@staff_or_404
def run_import(request: PersonRequest) -> HttpResponse:
    """A file of a recorded run, which a worker imports."""
    earlier = earlier_import(request, RECORDED_RUN)
    initial = entered_for(earlier)
    form = RecordedRunForm(request.POST or None, request.FILES or None, initial=initial)
    if form.is_valid():
        return start_import(request, RECORDED_RUN, form.arguments(), form.files_to_import())
    return form_page(request, "evaluation/runs/run_import.html", form, {"earlier": earlier})


@require_GET
@staff_or_404
def run_detail(request: PersonRequest, run_id: int) -> HttpResponse:
    run = get_object_or_404(Run.objects.select_related("dataset", "endpoint"), pk=run_id)
    dimension = PageQuery(request).choice("by", DIMENSIONS, "source")
    trouble = trouble_with_result(run)
    context = {
        "run": run,
        "definitions": DEFINITIONS,
        "dimension": dimension,
        "dimensions": DIMENSIONS,
        "heuristic": heuristic_judge(),
        "troubles": [trouble] if trouble else [],
        # What a worker could not compute is not tried while somebody waits for a page.
        **({} if trouble else _metrics(run, dimension)),
        **_judging(run),
        **_progress(run),
    }
    return render(request, "evaluation/runs/run_detail.html", context)


@require_GET
@staff_or_404
def run_judging(request: PersonRequest, run_id: int) -> HttpResponse:
    """The fragment with the progress of judging; it reloads itself while there is work left."""
    run = get_object_or_404(Run, pk=run_id)
    return render(request, "evaluation/runs/_judging.html", {"run": run, **_judging(run)})


@require_POST
@staff_or_404
def run_judge(request: PersonRequest, run_id: int) -> HttpResponse:
    """Have the heuristic judge rate the run."""
    run = get_object_or_404(Run, pk=run_id)
    launch_judging(run=run, judge=heuristic_judge(), actor=request.user)
    messages.success(request, "The heuristic judge is rating this run.")
    return redirect("run_detail", run_id=run.pk)


@require_GET
@staff_or_404
def run_progress(request: PersonRequest, run_id: int) -> HttpResponse:
    """The fragment with stages, cost and failures of a launched run; it reloads itself while the run is running."""
    run = get_object_or_404(Run.objects.select_related("endpoint"), pk=run_id)
    return render(request, "evaluation/runs/_progress.html", _progress(run))


@require_POST
@staff_or_404
def run_control(request: PersonRequest, run_id: int, action: str) -> HttpResponse:
    """Pause, resume or cancel a run, or try again what failed."""
    run = get_object_or_404(Run, pk=run_id)
    if action not in ACTIONS:
        raise Http404
    control, done = ACTIONS[action]
    if action == "retry":
        retry_failed(run=run, cause=posted_cause(request.POST), actor=request.user)
    else:
        control(run=run, actor=request.user)
    messages.success(request, done)
    return redirect("run_detail", run_id=run.pk)


@require_POST
@staff_or_404
def run_compute_again(request: PersonRequest, run_id: int) -> HttpResponse:
    """Have the run's result computed again that could not be, and go back to the page that waits for it."""
    run = get_object_or_404(Run, pk=run_id)
    compute_again(run=run, actor=request.user)
    messages.success(request, f"The results of “{run}” are being updated.")
    back = request.POST.get("back", "")
    return redirect(back if back in BACK else reverse("run_detail", args=[run.pk]))


@require_GET
@staff_or_404
def run_costs(request: PersonRequest, run_id: int) -> HttpResponse:
    """What the run paid for, by stage and endpoint: a fragment, or a page where no script asks."""
    run = get_object_or_404(Run, pk=run_id)
    template = "evaluation/runs/_bill.html" if request.htmx else "evaluation/runs/bill.html"
    back = reverse("run_detail", args=[run.pk])
    return render(request, template, {"bill": bill_of([run]), "of": run, "back": back})


@require_POST
@staff_or_404
def run_budgets(request: PersonRequest, run_id: int) -> HttpResponse:
    """Set what a run may spend."""
    run = get_object_or_404(Run, pk=run_id)
    form = BudgetForm(request.POST)
    if not form.is_valid():
        raise DomainError("Enter a budget above 0, or leave it empty for no limit.")
    set_budgets(run=run, **form.cleaned_data, actor=request.user)
    messages.success(request, "The budgets have been saved.")
    return redirect("run_detail", run_id=run.pk)


def _metrics(run: Run, dimension: str) -> dict[str, object]:
    whole, slices = metrics_and_slices(run, dimension)
    metrics = named_metrics(whole)
    judges = {judge.name: judge.pk for judge in run.judges.all()}
    return {
        "metrics": linked(run, metrics, judges),
        "unscored": [(judge, judges.get(judge), count) for judge, count in whole.unscored.items() if count],
        "plot": forest_plot(metrics),
        "slices": linked_slices(run, dimension, slices, judges),
    }


def _progress(run: Run) -> dict[str, object]:
    failures = failures_with_items([run])
    without_price = Endpoint.objects.filter(input_price=None)
    unpriced = [endpoint.name for endpoint in without_price if not endpoint.costs_nothing]
    costs = list(cost_by_endpoint(run))
    return {
        "run": run,
        "progress": progress_of_run(run),
        "failures": failures,
        "tried_again": tried_again([run]),
        "can_retry": any(cause.can_be_retried for cause in failures),
        "costs": costs,
        "unpriced_calls": any(cost["endpoint__name"] in unpriced for cost in costs),
        "free": [endpoint.name for endpoint in without_price if endpoint.costs_nothing],
        "unpriced": unpriced,
        "budgets": BudgetForm(initial={"money_budget": run.money_budget, "call_budget": run.call_budget}),
    }


def _judging(run: Run) -> dict[str, object]:
    return {
        "judging": judging_progress(run),
        "unscored_reasons": unscored_reasons(run),
    }
