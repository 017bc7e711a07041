"""The page that imports ratings made elsewhere."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from annotations.access import campaign_maker
from annotations.forms.validation import RatingsForm
from annotations.services.ratings_import import RatingsRefused, import_ratings
from evaluation.access import PersonRequest
from evaluation.errors import DomainError

SHOWN = 50


@require_http_methods(["GET", "POST"])
def ratings_import(request: PersonRequest) -> HttpResponse:
    """Ratings by people and judges into a campaign of their own, for leads and staff."""
    campaign_maker(request.user)
    form = RatingsForm(request.POST or None, request.FILES or None)
    problems: tuple[str, ...] = ()
    if form.is_valid():
        try:
            report = import_ratings(**form.arguments(), created_by=request.user)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            problems = error.problems if isinstance(error, RatingsRefused) else ()
        else:
            done = "there already" if report.status == "unchanged" else "imported"
            messages.success(
                request,
                f"{report.ratings} ratings of {report.items} items are {done}. {report.failures_in_words}",
            )
            return redirect("campaign_detail", campaign_id=report.campaign.pk)
    context = {"form": form, "problems": problems[:SHOWN], "more": max(len(problems) - SHOWN, 0)}
    return render(request, "annotations/ratings_import.html", context, status=422 if form.errors else 200)
