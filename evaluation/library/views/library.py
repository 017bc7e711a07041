"""The library's own page, for staff: what runs are made of."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from core.http.access import PersonRequest, staff_or_404
from evaluation.library.selectors.library import library_counts


@require_GET
@staff_or_404
def library(request: PersonRequest) -> HttpResponse:
    return render(request, "evaluation/library/library.html", {"counts": library_counts()})
