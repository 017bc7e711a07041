"""Pages that belong to no app: home and the health check."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from annotations.needs.selectors import MANY, led_campaigns, own_campaigns
from core.http.access import PersonRequest
from evaluation.runs.selectors.needs import first_steps, run_needs
from evaluation.runs.selectors.runs import runs_with_counts

LATEST_RUNS = 10


@require_GET
def home(request: PersonRequest) -> HttpResponse:
    """What needs the person: tasks to label, what waits in campaigns that they lead, and for admins, in runs."""
    context: dict[str, object] = {
        "own": own_campaigns(request.user),
        "led": led_campaigns(request.user),
        "many": MANY,
    }
    if request.user.is_staff:
        context |= {
            "needs": run_needs(),
            "steps": first_steps(),
            "runs": runs_with_counts().order_by("-pk")[:LATEST_RUNS],
        }
    return render(request, "home.html", context)


@require_GET
@never_cache
@login_not_required
def health(request: HttpRequest) -> HttpResponse:
    """200 if the site answers and reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")
