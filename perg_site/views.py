"""Pages that belong to no app: home and the health check."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from annotations.selectors.campaigns import campaigns_of
from evaluation.access import PersonRequest
from evaluation.selectors.runs import runs_with_counts


@require_GET
def home(request: PersonRequest) -> HttpResponse:
    """What the person can do now: tasks to label, campaigns to lead, runs to look at."""
    context = campaigns_of(request.user)
    if request.user.is_staff:
        context["runs"] = runs_with_counts()[:10]
    return render(request, "home.html", context)


@require_GET
@never_cache
@login_not_required
def health(request: HttpRequest) -> HttpResponse:
    """200 if the site answers and reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")
