"""Pages of datasets, for staff: browsing questions, and importing files of them."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_http_methods

from core.http.access import PersonRequest, staff_or_404
from core.http.form_pages import form_page
from core.http.keyset import keyset_page
from core.http.page_query import PageQuery
from evaluation.imports.services.evaluation_kinds import QUESTIONS
from evaluation.imports.views import earlier_import, entered_for, start_import
from evaluation.library.forms.datasets import QuestionSearchForm, QuestionsForm
from evaluation.library.selectors.datasets import (
    catalogues_assigned_to,
    datasets_with_counts,
    latest_runs_on,
    library_counts,
    question_counts,
    questions_found,
)
from evaluation.models import Dataset


@require_GET
@staff_or_404
def dataset_list(request: PersonRequest) -> HttpResponse:
    return render(request, "evaluation/library/dataset_list.html", {"datasets": datasets_with_counts()})


@require_GET
@staff_or_404
def dataset_detail(request: PersonRequest, dataset_id: int) -> HttpResponse:
    """The dataset's questions, by page and search, and how many there are of each source and category."""
    dataset = get_object_or_404(Dataset, pk=dataset_id)
    counts = question_counts(dataset)
    form = QuestionSearchForm(request.GET, counts)
    search = form.cleaned_data if form.is_valid() else {}
    questions = questions_found(
        dataset,
        words=search.get("q", ""),
        source=search.get("source", ""),
        category=search.get("category", ""),
    )
    context = {
        "dataset": dataset,
        "counts": counts,
        "question_count": sum(count for _, _, count in counts),
        "is_search": any(search.values()),
        "page": keyset_page(questions, PageQuery(request)),
        "catalogues": catalogues_assigned_to(dataset),
        "runs": latest_runs_on(dataset),
    }
    return form_page(request, "evaluation/library/dataset_detail.html", form, context)


@require_http_methods(["GET", "POST"])
@staff_or_404
def dataset_import(request: PersonRequest) -> HttpResponse:
    """A file of questions for a dataset, which a worker imports."""
    earlier = earlier_import(request, QUESTIONS)
    initial = {"dataset": PageQuery(request).text("dataset")} | entered_for(earlier)
    form = QuestionsForm(request.POST or None, request.FILES or None, initial=initial)
    if form.is_valid():
        return start_import(request, QUESTIONS, form.arguments(), [("file", form.cleaned_data["file"])])
    return form_page(request, "evaluation/library/dataset_import.html", form, {"earlier": earlier})


@require_GET
@staff_or_404
def library(request: PersonRequest) -> HttpResponse:
    return render(request, "evaluation/library/library.html", {"counts": library_counts()})
