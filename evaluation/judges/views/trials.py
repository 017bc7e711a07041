"""Pages of trying endpoints out, for staff."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from core.http.access import PersonRequest, staff_or_404
from evaluation.judges.services.trials import trial_of, try_endpoint
from evaluation.models import Endpoint


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
    """The result of a test; to htmx, the part of the page that waits for it."""
    endpoint = get_object_or_404(Endpoint, pk=endpoint_id)
    context = {
        "endpoint": endpoint,
        "trial": trial_of(endpoint, completion_id),
        "most_tries": settings.COMPLETION_MAX_ATTEMPTS,
    }
    template = "evaluation/judges/_trial.html" if request.htmx else "evaluation/judges/endpoint_trial.html"
    return render(request, template, context)
