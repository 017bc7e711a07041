"""Pages of batches, and launching them, for staff."""

from django.contrib import messages
from django.db.models import Count, Q, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from evaluation.access import PersonRequest, staff_or_404
from evaluation.errors import DomainError
from evaluation.forms.launch import LaunchForm
from evaluation.models import Batch
from evaluation.models.item import ItemStatus
from evaluation.models.run import RunStatus
from evaluation.selectors.runs import batches_with_counts
from evaluation.services.estimate import estimate_launch
from evaluation.services.judges import heuristic_judge
from evaluation.services.launching import check_launch, launch_batch


@require_GET
@staff_or_404
def batch_list(request: PersonRequest) -> HttpResponse:
    return render(request, "evaluation/batch_list.html", {"batches": batches_with_counts()})


@require_http_methods(["GET", "POST"])
@staff_or_404
def batch_launch(request: PersonRequest) -> HttpResponse:
    """Launch a batch. The estimate comes with every change of the form, before the button is pressed."""
    heuristic_judge()
    form = LaunchForm(request.POST or None)
    if form.is_valid():
        try:
            batch = launch_batch(spec=form.spec(), created_by=request.user)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, f"“{batch}” is launched.")
            return redirect("batch_detail", batch_id=batch.pk)
    context = {"form": form, **_estimate(form)}
    return render(request, "evaluation/batch_launch.html", context, status=422 if form.errors else 200)


@require_POST
@staff_or_404
def batch_estimate(request: PersonRequest) -> HttpResponse:
    """What the form's batch would take, or what is still missing: a fragment, or the page where no script asks."""
    form = LaunchForm(request.POST)
    template = "evaluation/_estimate_of_launch.html" if request.htmx else "evaluation/batch_launch.html"
    return render(request, template, {"form": form, **_estimate(form)})


@require_GET
@staff_or_404
def batch_detail(request: PersonRequest, batch_id: int) -> HttpResponse:
    """The runs of a batch; the page asks for their table again while one of them runs."""
    batch = get_object_or_404(Batch, pk=batch_id)
    runs = (
        batch.runs.select_related("endpoint")
        .annotate(
            item_count=Count("items"),
            finished_count=Count("items", filter=~Q(items__status=ItemStatus.PENDING)),
            failed_count=Count("items", filter=Q(items__status=ItemStatus.FAILED)),
        )
        .order_by("pk")
    )
    context = {
        "batch": batch,
        "runs": runs,
        "is_running": any(run.status == RunStatus.RUNNING for run in runs),
        "totals": batch.runs.aggregate(spent=Sum("spent"), calls=Sum("calls")),
    }
    template = "evaluation/_batch_runs.html" if request.htmx else "evaluation/batch_detail.html"
    return render(request, template, context)


def _estimate(form: LaunchForm) -> dict[str, object]:
    """What a valid form's batch would take, and what keeps it from being launched, if anything does."""
    if not form.is_valid():
        return {}
    estimate = estimate_launch(form.spec())
    context: dict[str, object] = {"estimate": estimate, "unpriced": estimate.unpriced}
    try:
        check_launch(form.spec())
    except DomainError as error:
        context["refused"] = error
    return context
