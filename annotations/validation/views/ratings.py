"""The page that imports ratings made elsewhere."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from annotations.access import campaign_maker
from annotations.validation.forms import RatingsForm
from annotations.validation.import_kind import RATINGS
from core.http.access import PersonRequest
from evaluation.imports.views import earlier_import, entered_for, start_import


@require_http_methods(["GET", "POST"])
def ratings_import(request: PersonRequest) -> HttpResponse:
    """Files of ratings by people and judges, which a worker makes a campaign of, for leads and staff."""
    campaign_maker(request.user)
    earlier = earlier_import(request, RATINGS)
    initial = RatingsForm.initial_of(entered_for(earlier))
    form = RatingsForm(request.POST or None, request.FILES or None, initial=initial)
    if form.is_valid():
        return start_import(request, RATINGS, form.arguments(), form.files_to_import())
    status = 422 if form.errors else 200
    return render(
        request,
        "annotations/validation/ratings_import.html",
        {"form": form, "earlier": earlier},
        status=status,
    )
