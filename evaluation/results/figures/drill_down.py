"""From a number to the items behind it: the address of the list whose length is that number."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from django.urls import reverse

from evaluation.models import ResultRow, Run
from evaluation.models.result import Dimension
from evaluation.results.figures.forest_plots import NamedMetric, named_metrics
from evaluation.results.metrics.comparison import Comparison, Measure
from evaluation.results.metrics.run_metrics import Slice
from evaluation.results.selectors.run_items import SETS
from perg.stats.base.estimate import Estimate
from perg.stats.runs.perg_metrics import NO_JUDGE_NEEDED


class Behind(NamedTuple):
    """What a rate counts, and among what: keys of `selectors.run_items.SETS`."""

    counted: str
    among: str


BREAKAGE = Behind("broken", "baseline_right")
BEHIND: Mapping[str, Behind] = {
    "Baseline accuracy": Behind("baseline_right", "with_baseline"),
    "Personalised accuracy": Behind("personalised_right", "answered"),
    "Breakage rate": BREAKAGE,
    "Alignment failure": Behind("not_followed", "scored"),
    "Robustness error": Behind("not_robust", "scored"),
    "Performance variation": Behind("changed", "right_somewhere"),
    "Delivery failure, baseline": Behind("no_baseline_letter", "with_baseline"),
    "Delivery failure, personalised": Behind("no_personalised_letter", "answered"),
    "Delivery failure": Behind("no_personalised_letter", "answered"),
}
"""By the metrics' names in `evaluation.results.figures.forest_plots.DEFINITIONS`, and in comparisons."""


class Linked(NamedTuple):
    """A metric with the addresses of the items that it counts and of those among which; empty where it is undefined.

    `items`: how many it counts.
    """

    name: str
    estimate: Estimate
    definition: str
    items: int
    counted: str
    among: str


class LinkedSlice(NamedTuple):
    """The metrics of a slice, and the address of its items."""

    part: Slice
    items: str
    metrics: list[Linked]


def items_address(run: int, **filters: object) -> str:
    """The list of a run's items; what is None or empty does not narrow it."""
    query = {name: value for name, value in filters.items() if value not in (None, "")}
    return f"{reverse('run_item_list', args=[run])}?{urlencode(query)}"


def address_behind(row: ResultRow, show: str) -> str:
    """The list of the items that a number of a row counts; `show` is a key of `selectors.run_items.SETS`."""
    query = {"show": show}
    if row.dimension != Dimension.WHOLE:
        query[row.dimension] = row.value
    if SETS[show].by_judge:
        if row.judge_id is None:
            query["show"] = "broken"  # where no judge is needed, robustness error is the breakage rate
        else:
            query["judge"] = str(row.judge_id)
    return items_address(row.result.run_id, **query)


def linked(
    run: Run, metrics: Iterable[NamedMetric], judges: Mapping[str, int], **narrowed: str
) -> list[Linked]:
    """Metrics with their items. `judges`: primary keys by name; `narrowed`: the slice, by its dimension."""
    return [_linked(run, metric, judges, narrowed) for metric in metrics]


def linked_slices(
    run: Run, dimension: str, slices: Sequence[Slice], judges: Mapping[str, int]
) -> list[LinkedSlice]:
    """Each slice by a dimension, with its items and theirs of each metric."""
    return [
        LinkedSlice(
            part,
            items_address(run.pk, show="answered", **{dimension: part.value}),
            linked(run, named_metrics(part.metrics), judges, **{dimension: part.value}),
        )
        for part in slices
    ]


def _linked(run: Run, metric: NamedMetric, judges: Mapping[str, int], narrowed: Mapping[str, str]) -> Linked:
    behind = BREAKAGE if metric.judge == NO_JUDGE_NEEDED else BEHIND[metric.key]
    estimate, judge = metric.estimate, judges.get(metric.judge)
    is_known = estimate.value is not None and (judge is not None or not SETS[behind.counted].by_judge)
    return Linked(
        metric.name,
        estimate,
        metric.definition,
        round((estimate.value or 0) * estimate.n),
        items_address(run.pk, show=behind.counted, judge=_judge_of(behind.counted, judge), **narrowed)
        if is_known
        else "",
        items_address(run.pk, show=behind.among, judge=_judge_of(behind.among, judge), **narrowed)
        if is_known
        else "",
    )


def _judge_of(show: str, judge: int | None) -> int | None:
    return judge if SETS[show].by_judge else None


class LinkedMeasure(NamedTuple):
    """A metric of a comparison, with the items in common that it counts in either run; empty where there are none."""

    measure: Measure
    in_reference: str
    in_other: str


class LinkedComparison(NamedTuple):
    """A comparison whose numbers lead to their items."""

    measures: list[LinkedMeasure]
    common: str
    only_reference: str
    only_other: str


def linked_comparison(comparison: Comparison, judges: Mapping[str, int]) -> LinkedComparison:
    """The addresses behind a comparison's numbers. Where nothing could be paired, all items are in one run only."""
    reference, other = comparison.reference, comparison.other
    is_paired = comparison.common > 0
    return LinkedComparison(
        [
            LinkedMeasure(
                measure,
                *(
                    _in_common(of, than, measure.name, judges.get(measure.judge))
                    if is_paired and value is not None
                    else ""
                    for of, than, value in (
                        (reference, other, measure.reference),
                        (other, reference, measure.other),
                    )
                ),
            )
            for measure in comparison.measures
        ],
        common=items_address(other.pk, show="answered", common=reference.pk) if is_paired else "",
        only_reference=_only(reference, other, is_paired=is_paired),
        only_other=_only(other, reference, is_paired=is_paired),
    )


def _in_common(of: Run, than: Run, name: str, judge: int | None) -> str:
    show = BEHIND[name].counted
    if SETS[show].by_judge and judge is None:
        show = BREAKAGE.counted  # where no judge is needed, robustness error is the breakage rate
    return items_address(of.pk, show=show, judge=_judge_of(show, judge), common=than.pk)


def _only(of: Run, than: Run, *, is_paired: bool) -> str:
    return items_address(of.pk, show="answered", only=than.pk if is_paired else None)
