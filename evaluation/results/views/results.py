"""Results of all runs, for staff: the explorer, comparisons, figures and the two analyses."""

from collections.abc import Iterable

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from core.figures.files import WRITERS
from core.http.access import PersonRequest, staff_or_404
from core.http.page_query import PageQuery
from core.text.tables import CONTENT_TYPES, as_csv, as_json
from evaluation.judges.selectors import judges_by_name
from evaluation.models.result import Dimension
from evaluation.models.trouble import Computed
from evaluation.results.figures.analyses import COST_DEFINITIONS, COST_FIGURES, cost_lines, stage_runs
from evaluation.results.figures.drill_down import linked_comparison
from evaluation.results.figures.explorer import (
    COLUMNS,
    STUDY_RULE,
    as_records,
    export_columns,
    lines,
    published_otherwise,
)
from evaluation.results.figures.forest_plots import DEFINITIONS
from evaluation.results.figures.result_figures import FIGURES, MOST_READ, figure_of
from evaluation.results.forms import ComparisonForm, RowFilterForm
from evaluation.results.metrics.aligner_failures import DETERMINED, NAMES
from evaluation.results.metrics.comparison import GAIN
from evaluation.results.published import published
from evaluation.results.selectors.computing import SHOWN, computing_troubles
from evaluation.results.selectors.results import models_and_conditions, result_rows, runs_without_result
from evaluation.results.services.comparing import comparisons_now

ROWS_ON_A_PAGE = 50


@require_GET
@staff_or_404
def results(request: PersonRequest) -> HttpResponse:
    """The explorer: a row for each run (or slice of it) and judge."""
    form = RowFilterForm(request.GET)
    filters = form.filters()
    page = Paginator(result_rows(filters), ROWS_ON_A_PAGE).get_page(PageQuery(request).page_number())
    context = {
        "form": form,
        "wanted": filters,
        "page": page,
        "lines": lines(page.object_list),
        "columns": COLUMNS,
        "definitions": DEFINITIONS,
        "dimension": Dimension(filters.dimension),
        "query": PageQuery(request).without("page"),
        "computing": runs_without_result(),
        "published": published(),
        "study_rule": STUDY_RULE,
        **_troubles(),
        "published_otherwise": published_otherwise(filters, models_and_conditions()),
    }
    return render(request, "evaluation/results/results.html", context)


@require_GET
@staff_or_404
def results_export(request: PersonRequest, extension: str) -> HttpResponseBase:
    """The table as it is filtered, all pages of it, as a file."""
    if extension not in CONTENT_TYPES:
        raise Http404
    filters = RowFilterForm(request.GET).filters()
    records = as_records(result_rows(filters).iterator(chunk_size=1000))
    file: Iterable[str] = (
        as_csv(export_columns(), records) if extension == "csv" else as_json(records, unit="fraction")
    )
    name = f"perg-results-{filters.dimension or 'all'}.{extension}"
    return StreamingHttpResponse(
        file,
        content_type=CONTENT_TYPES[extension],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_GET
@staff_or_404
def results_compare(request: PersonRequest) -> HttpResponse:
    """Runs against one of them, on the items that they have in common."""
    query = PageQuery(request).changed()
    runs = query.getlist("run")
    if runs and not query.get("reference"):
        query["reference"] = runs[0]
    form = ComparisonForm(query if runs else None)
    context: dict[str, object] = {"form": form, "definitions": DEFINITIONS, "gain": GAIN}
    if form.is_valid():
        choice = form.cleaned_data
        compared = comparisons_now(choice["reference"], choice["others"])
        judges = judges_by_name([choice["reference"], *choice["others"]])
        context |= {
            "reference": choice["reference"],
            "compared": [
                (pair, linked_comparison(pair.kept.value, judges) if pair.kept.value else None)
                for pair in compared
            ],
            "query": query.urlencode(),
        }
    return render(
        request, "evaluation/results/results_compare.html", context, status=422 if form.errors else 200
    )


@require_GET
@staff_or_404
def results_figures(request: PersonRequest) -> HttpResponse:
    """A figure of the runs that the filter lets through; the address says which."""
    form = RowFilterForm(request.GET)
    query = PageQuery(request)
    name = query.choice("figure", FIGURES, next(iter(FIGURES)))
    context = {
        "form": form,
        "names": FIGURES,
        "chosen": name,
        "figure": figure_of(name, form.filters(), most=MOST_READ),
        "query": query.without("figure"),
        "definitions": DEFINITIONS,
        **_troubles(),
    }
    return render(request, "evaluation/results/results_figures.html", context)


@require_GET
@staff_or_404
def results_figure(request: PersonRequest, figure: str, extension: str) -> HttpResponse:
    """A figure, or its numbers, as a file."""
    if figure not in {*FIGURES, *COST_FIGURES} or extension not in WRITERS:
        raise Http404
    content_type, written = WRITERS[extension]
    filters = RowFilterForm(request.GET).filters()
    drawn = (
        figure_of(figure, filters) if figure in FIGURES else cost_lines(filters).figures[COST_FIGURES[figure]]
    )
    return HttpResponse(
        written(drawn),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="perg-{figure}.{extension}"'},
    )


@require_GET
@staff_or_404
def results_stages(request: PersonRequest) -> HttpResponse:
    """Where Pref-Aligner fails, stage by stage."""
    form = RowFilterForm(request.GET)
    page = Paginator(stage_runs(form.filters()), 10).get_page(PageQuery(request).page_number())
    context = {"form": form, "page": page, "names": NAMES, "determined": _determined(), **_troubles()}
    return render(request, "evaluation/results/results_stages.html", context)


@require_GET
@staff_or_404
def results_costs(request: PersonRequest) -> HttpResponse:
    """What robustness costs: robustness error beside what an item takes, and what the extra effort buys."""
    form = RowFilterForm(request.GET)
    costs = cost_lines(form.filters())
    page = Paginator(costs.lines, ROWS_ON_A_PAGE).get_page(PageQuery(request).page_number())
    context = {
        "form": form,
        "page": page,
        "figures": costs.figures,
        "query": PageQuery(request).without(),
        "definitions": COST_DEFINITIONS | {"Gain": GAIN},
        **_troubles(),
    }
    return render(request, "evaluation/results/results_costs.html", context)


def _troubles() -> dict[str, object]:
    """Which results could not be computed, for every page that waits for them."""
    troubles = computing_troubles()
    return {
        "troubles": troubles[:SHOWN],
        "more_troubles": troubles.count() - SHOWN,
        "troubled": set(troubles.filter(computed=Computed.RESULT).values_list("run", flat=True)),
    }


def _determined() -> list[tuple[str, str]]:
    return [(NAMES[stage], DETERMINED[stage]) for stage in NAMES]
