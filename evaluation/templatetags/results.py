"""Small parts of the results pages: links that sort, links to the items behind a number, numbers in words."""

from urllib.parse import parse_qsl, urlencode

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.html import format_html
from django.utils.safestring import SafeString

from evaluation.models import ResultRow, Run
from evaluation.models.run import Method
from evaluation.results.figures.drill_down import address_behind, items_address
from evaluation.results.selectors.item_calls import CALLS
from evaluation.results.selectors.results import RowFilter
from evaluation.runs.selectors.progress import StageProgress
from evaluation.stages.names import stage_name

register = template.Library()

SMALLEST_P = 0.001
FALLING = {
    "breakage_rate",
    "alignment_failure",
    "robustness_error",
    "performance_variation",
    "delivery_failure",
}
"""What one wants to see the worst of first."""


@register.simple_tag
def sort_link(filters: RowFilter, key: str, name: str, query: str) -> SafeString:
    """A column's name as the link that sorts by it, the other way round where the table is sorted by it already."""
    descending = not filters.descending if filters.sort == key else key in FALLING
    parts = [(field, value) for field, value in parse_qsl(query) if field != "sort"]
    address = urlencode([*parts, ("sort", f"{'-' if descending else ''}{key}")])
    mark = ("▼" if filters.descending else "▲") if filters.sort == key else ""
    return format_html(
        '<a class="sort" href="?{}">{}<span aria-hidden="true"> {}</span></a>', address, name, mark
    )


@register.simple_tag
def sorted_by(filters: RowFilter, key: str) -> SafeString | str:
    """The attribute that says by which column the table is sorted."""
    if filters.sort != key:
        return ""
    return format_html(' aria-sort="{}"', "descending" if filters.descending else "ascending")


@register.simple_tag
def items_behind(row: ResultRow, show: str) -> str:
    """The address of the items behind a number of a row."""
    return address_behind(row, show)


@register.simple_tag
def items_of(run: Run, **filters: object) -> str:
    """The address of a run's items; arguments as in `drill_down.items_address`, an endpoint by its primary key."""
    return items_address(run.pk, **filters)


STAGE_SETS = {
    "succeeded": "judge_scored",
    "failed": "judge_unscored",
    "waiting": "judge_to_do",
    "not_asked": "judge_not_asked",
}
"""The items behind the numbers of a judge's stage, as `selectors.run_items` has them."""


@register.simple_tag
def stage_count(run: Run, stage: StageProgress, call: str) -> SafeString | str:
    """A number of calls of a stage, with a link to their items; calls of a judge that rates twice are not items."""
    count: int = getattr(stage, call)
    if not count:
        return "0"
    if stage.judge is None:
        address = items_address(run.pk, stage=stage.stage, call=call)
    elif stage.judge.replicates > 1 or call == "wanted":
        return intcomma(count)
    else:
        show = STAGE_SETS[call]
        address = items_address(run.pk, show=show, judge=stage.judge.pk)
    return format_html(
        '<a class="behind" href="{}" data-count="{}">{}<span class="visually-hidden"> items, {}: {}</span></a>',
        address,
        count,
        intcomma(count),
        stage_name(stage.stage),
        CALLS[call].lower(),
    )


@register.filter
def p_value(value: float) -> str:
    """A p-value; very small ones say only that they are."""
    return f"< {SMALLEST_P}" if value < SMALLEST_P else f"{value:.3f}"


@register.filter
def amount(value: float | None) -> str:
    """Seconds, tokens or dollars to four digits that count."""
    return "—" if value is None else f"{value:,.4g}"


@register.filter
def digits_of(key: str) -> int:
    """Decimals to show of an amount."""
    return {"dollars": 6, "seconds": 3}.get(key, 1)


@register.filter
def method_name(method: str) -> str:
    """A method as pages call it."""
    return str(Method(method).label)
