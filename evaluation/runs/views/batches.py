"""Pages of batches, and launching them, for staff."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from core.errors import DomainError
from core.http.access import PersonRequest, staff_or_404
from core.http.form_pages import carried_out, form_page
from core.http.page_query import PageQuery
from evaluation.endpoints.services.recorded_replies import unrecorded
from evaluation.models import Batch
from evaluation.models.run import RunStatus
from evaluation.runs.forms.launch import LaunchForm, only_choices
from evaluation.runs.forms.runs import posted_cause
from evaluation.runs.selectors.bill import bill_of
from evaluation.runs.selectors.failures import failures_with_items, tried_again
from evaluation.runs.selectors.presets import PRESETS, Preset
from evaluation.runs.selectors.runs import batches_with_counts, launch_settings_of, runs_with_counts
from evaluation.runs.services.control import retry_batch
from evaluation.runs.services.estimate import estimate_launch
from evaluation.runs.services.launching import check_launch, launch_batch


@require_GET
@staff_or_404
def batch_list(request: PersonRequest) -> HttpResponse:
    context = {"batches": batches_with_counts(), "presets": PRESETS.values()}
    return render(request, "evaluation/runs/batch_list.html", context)


@require_http_methods(["GET", "POST"])
@staff_or_404
def batch_launch(request: PersonRequest) -> HttpResponse:
    """Launch a batch. The estimate comes with every change of the form, before the button is pressed.

    The address may name an experiment of the study or a batch, whose settings the form then has already.
    """
    query = PageQuery(request)
    preset = PRESETS.get(query.text("preset"))
    again = Batch.objects.filter(pk=query.key("again") or 0).first()
    form = LaunchForm(request.POST or None, initial=_initial(query, preset, again))
    batch = carried_out(form, lambda: launch_batch(spec=form.spec(), actor=request.user))
    if batch is None:
        context = {"presets": PRESETS.values(), "preset": preset, "again": again, **_estimate(form)}
        return form_page(request, "evaluation/runs/batch_launch.html", form, context)
    messages.success(request, f"Batch “{batch}” launched.")
    return redirect("batch_detail", batch_id=batch.pk)


@require_POST
@staff_or_404
def batch_estimate(request: PersonRequest) -> HttpResponse:
    """What the form's batch would take, or what is still missing: a fragment, or the page where no script asks."""
    form = LaunchForm(request.POST)
    template = (
        "evaluation/runs/_estimate_of_launch.html" if request.htmx else "evaluation/runs/batch_launch.html"
    )
    return render(request, template, {"form": form, "presets": PRESETS.values(), **_estimate(form)})


@require_GET
@staff_or_404
def batch_detail(request: PersonRequest, batch_id: int) -> HttpResponse:
    """The runs of a batch and what went wrong in them; the page asks for this again while one of them runs."""
    batch = get_object_or_404(Batch.objects.select_related("created_by"), pk=batch_id)
    runs = list(runs_with_counts().filter(batch=batch).order_by("pk"))
    failures = failures_with_items(runs)
    context = {
        "batch": batch,
        "runs": runs,
        "is_running": any(run.status == RunStatus.RUNNING for run in runs),
        "has_answers": any(run.finished_count > run.failed_count for run in runs),  # type: ignore[attr-defined] # annotated
        "failures": failures,
        "tried_again": tried_again(runs),
        "can_retry": any(cause.can_be_retried for cause in failures)
        and any(run.status != RunStatus.CANCELLED for run in runs),
        "totals": {"spent": sum(run.spent for run in runs), "calls": sum(run.calls for run in runs)},
    }
    template = "evaluation/runs/_batch_runs.html" if request.htmx else "evaluation/runs/batch_detail.html"
    response = render(request, template, context)
    if request.htmx and not context["is_running"]:
        trigger_client_event(response, "runs-ended")  # for the bill, which was read when the page came
    return response


@require_POST
@staff_or_404
def batch_retry(request: PersonRequest, batch_id: int) -> HttpResponse:
    """Try again what failed in the batch: by one cause, or all of it."""
    batch = get_object_or_404(Batch, pk=batch_id)
    retried = retry_batch(batch=batch, cause=posted_cause(request.POST), actor=request.user)
    messages.success(request, f"{retried} call{'' if retried == 1 else 's'} will be tried again.")
    return redirect("batch_detail", batch_id=batch.pk)


@require_GET
@staff_or_404
def batch_costs(request: PersonRequest, batch_id: int) -> HttpResponse:
    """What the batch paid for, by stage and endpoint: a fragment, or a page where no script asks."""
    batch = get_object_or_404(Batch, pk=batch_id)
    bill = bill_of(list(batch.runs.all()))
    template = "evaluation/runs/_bill.html" if request.htmx else "evaluation/runs/bill.html"
    back = reverse("batch_detail", args=[batch.pk])
    return render(request, template, {"bill": bill, "of": batch, "back": back, "many": True})


def _initial(query: PageQuery, preset: Preset | None, again: Batch | None) -> dict[str, object]:
    """What the form says before anything is entered."""
    if again is not None:
        return launch_settings_of(again)
    initial: dict[str, object] = only_choices()
    initial |= {name: query.key(name) for name in ("dataset", "catalogue") if query.has(name)}
    if preset is not None:
        initial |= {"name": preset.name, "methods": list(preset.methods), "settings": list(preset.settings)}
    return initial


def _estimate(form: LaunchForm) -> dict[str, object]:
    """What a valid form's batch would take, and what keeps it from being launched, if anything does."""
    if not form.is_valid():
        return {}
    estimate = estimate_launch(form.spec())
    context: dict[str, object] = {
        "estimate": estimate,
        "unpriced": estimate.unpriced,
        "unrecorded": unrecorded(form.spec().grid()),
    }
    try:
        check_launch(form.spec())
    except DomainError as error:
        context["refused"] = error
    return context
