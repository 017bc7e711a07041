"""The library's own page, for staff: what runs are made of."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from evaluation.access import PersonRequest, staff_or_404
from evaluation.selectors.library import library_counts
from evaluation.services.judges import heuristic_judge


@require_GET
@staff_or_404
def library(request: PersonRequest) -> HttpResponse:
    heuristic_judge()
    return render(request, "evaluation/library.html", {"counts": library_counts()})
