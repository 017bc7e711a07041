"""Pages of the evaluation, for staff."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from evaluation import selectors
from evaluation.access import PersonRequest, staff_or_404
from evaluation.errors import DomainError
from evaluation.forms import RecordedRunForm
from evaluation.importers.recorded_run import import_recorded_run
from evaluation.metrics import DIMENSIONS, RunOutcomes
from evaluation.models import Run
from evaluation.plots import DEFINITIONS, forest_plot, named_metrics
from evaluation.services.judges import heuristic_judge
from evaluation.services.judging import launch_judging


@require_GET
@staff_or_404
def run_list(request: PersonRequest) -> HttpResponse:
    return render(request, "evaluation/run_list.html", {"runs": selectors.runs_with_counts()})


@require_http_methods(["GET", "POST"])
@staff_or_404
def run_import(request: PersonRequest) -> HttpResponse:
    form = RecordedRunForm(request.POST or None, request.FILES or None)
    refused: DomainError | None = None
    if form.is_valid():
        fields = form.cleaned_data
        file = fields.pop("file")
        try:
            report = import_recorded_run(
                file=file.file,
                file_name=file.name,
                created_by=request.user,
                name=fields.pop("name") or None,
                judge=fields.pop("judge") or None,
                **fields,
            )
        except DomainError as error:
            refused = error
        else:
            return render(request, "evaluation/run_imported.html", {"report": report})
    status = 422 if refused or form.errors else 200
    return render(request, "evaluation/run_import.html", {"form": form, "refused": refused}, status=status)


@require_GET
@staff_or_404
def run_detail(request: PersonRequest, run_id: int) -> HttpResponse:
    run = get_object_or_404(Run.objects.select_related("dataset", "endpoint"), pk=run_id)
    outcomes = RunOutcomes(run)
    dimension = request.GET.get("by", "source")
    dimension = dimension if dimension in DIMENSIONS else "source"
    metrics = named_metrics(outcomes.metrics())
    context = {
        "run": run,
        "metrics": metrics,
        "unscored": outcomes.metrics().unscored,
        "plot": forest_plot(metrics),
        "definitions": DEFINITIONS,
        "dimension": dimension,
        "dimensions": DIMENSIONS,
        "slices": [(part, named_metrics(part.metrics)) for part in outcomes.slices(dimension)],
        "heuristic": heuristic_judge(),
        **_judging(run),
    }
    return render(request, "evaluation/run_detail.html", context)


@require_GET
@staff_or_404
def run_judging(request: PersonRequest, run_id: int) -> HttpResponse:
    """The fragment that shows how far judging is; it asks for itself again while there is work left."""
    run = get_object_or_404(Run, pk=run_id)
    return render(request, "evaluation/_judging.html", {"run": run, **_judging(run)})


@require_POST
@staff_or_404
def run_judge(request: PersonRequest, run_id: int) -> HttpResponse:
    """Have the heuristic judge rate the run."""
    run = get_object_or_404(Run, pk=run_id)
    launch_judging(run=run, judge=heuristic_judge())
    messages.success(request, "The heuristic judge is at work.")
    return redirect("run_detail", run_id=run.pk)


def _judging(run: Run) -> dict[str, object]:
    return {"judging": selectors.judging_progress(run), "unscored_reasons": selectors.unscored_reasons(run)}
