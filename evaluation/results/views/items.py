"""The items behind a number of a run, for staff."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from core.http.access import PersonRequest, staff_or_404
from core.http.page_query import PageQuery
from evaluation.models import Run
from evaluation.results.forms import ItemFilterForm
from evaluation.results.selectors.run_items import SETS, count_of, page_of, run_items, verdicts_on


@require_GET
@staff_or_404
def run_item_list(request: PersonRequest, run_id: int) -> HttpResponse:
    """The items of a run in one set, a page at a time, by position."""
    run = get_object_or_404(Run.objects.select_related("endpoint", "dataset"), pk=run_id)
    form = ItemFilterForm(request.GET, run=run)
    context: dict[str, object] = {"run": run, "form": form}
    if form.is_valid():
        items = run_items(run, form.filters())
        page, has_more = page_of(items, after=form.cleaned_data["after"] or 0)
        count, is_more = count_of(items)
        verdicts = verdicts_on(page)
        query = PageQuery(request)
        context["first"] = query.without("after")
        after = str(page[-1].position) if page else ""
        context |= {
            "set": SETS[form.cleaned_data["show"] or "all"],
            "narrowed": form.narrowed(),
            "lines": [(item, verdicts[item.pk]) for item in page],
            "count": count,
            "is_more": is_more,
            "next": query.changed(after=after).urlencode() if has_more else "",
            "is_first": not form.cleaned_data["after"],
        }
    return render(request, "evaluation/results/run_items.html", context, status=422 if form.errors else 200)
