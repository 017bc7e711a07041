"""Comparisons of runs for pages and programs: at once where the runs are small, else as a worker last had them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from core.cache.figures import CachedFigures, cached_figures, refresh_figures
from evaluation.models import Item, Run
from evaluation.results.metrics.comparison import Comparison, compare_anew, corrected
from evaluation.results.selectors.results import runs_stamp

KEEP = "evaluation.results.tasks.keep_comparison"
FORM = TypeAdapter(Comparison)

LIVE_ITEMS = 150
"""Runs of up to this many items are compared for each page."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What is known of run `other` against the reference: `kept.value`, whose p-values are corrected."""

    other: Run
    kept: CachedFigures[Comparison]


def comparisons_now(reference: Run, others: Sequence[Run]) -> list[Compared]:
    """Each of the others against the reference. Where a comparison is out of date, a worker computes it."""
    compared = [Compared(other, _kept(reference, other)) for other in others]
    known = [pair.kept.value for pair in compared if pair.kept.value is not None]
    shown = iter(corrected(known))
    return [
        replace(pair, kept=replace(pair.kept, value=next(shown))) if pair.kept.value is not None else pair
        for pair in compared
    ]


def comparison_at_once(reference: Run, other: Run) -> Comparison:
    """One run against the reference, as they are now, for programs: who asks first waits for it."""
    comparison = keep_comparison(reference=reference, other=other)
    (comparison,) = corrected([replace(comparison, reference=reference, other=other)])
    return comparison


def keep_comparison(*, reference: Run, other: Run) -> Comparison:
    """Compare two runs and keep the comparison, unless the one that is kept is current."""
    return refresh_figures(
        _name(reference, other),
        form=FORM,
        stamp=lambda: runs_stamp([reference.pk, other.pk]),
        compute=lambda: compare_anew(reference, other),
    )


def _kept(reference: Run, other: Run) -> CachedFigures[Comparison]:
    if not Item.objects.filter(run__in=[reference, other])[LIVE_ITEMS : LIVE_ITEMS + 1].exists():
        return CachedFigures.just_now(compare_anew(reference, other))
    cached = cached_figures(
        _name(reference, other),
        form=FORM,
        stamp=runs_stamp([reference.pk, other.pk]),
        task=KEEP,
        keys=(reference.pk, other.pk),
        compute=lambda: compare_anew(reference, other),
    )
    if cached.value is None:
        return cached
    return replace(cached, value=replace(cached.value, reference=reference, other=other))


def _name(reference: Run, other: Run) -> str:
    return f"comparison/{reference.pk}/{other.pk}"
