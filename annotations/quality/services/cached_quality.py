"""The figures of a campaign's people for pages: at once where there are few labels, else as a worker last had them.

What follows from the figures never rests on kept ones: pausing computes them again (`services.quality`).
"""

from pydantic import TypeAdapter

from annotations.campaigns.selectors.stamps import log_stamp
from annotations.models import Campaign, Member
from annotations.quality.selectors.quality import figures_by_member
from core.cache.figures import CachedFigures, cached_figures, refresh_figures
from perg.stats.raters.quality import AnnotatorQuality

KEEP = "annotations.quality.tasks.keep_quality"

LIVE_LABELS = 2_000
"""Up to this many wanted labels, the figures are computed for each page."""

Figures = dict[int, AnnotatorQuality]
FORM: TypeAdapter[Figures] = TypeAdapter(Figures)


def quality_now(campaign: Campaign, *, only: Member | None = None) -> CachedFigures[Figures]:
    """The figures by member (primary key); of others than `only` they may be missing.

    Where they are late, a worker is asked for newer ones.
    """
    if campaign.sample_size * campaign.overlap <= LIVE_LABELS:
        return CachedFigures.just_now(figures_by_member(campaign, only=only))
    return cached_figures(
        _name(campaign),
        form=FORM,
        stamp=log_stamp(campaign),
        task=KEEP,
        keys=(campaign.pk,),
        compute=lambda: figures_by_member(campaign),
    )


def keep_quality(*, campaign: Campaign) -> None:
    """Compute the figures and keep them, unless the kept ones are current."""
    refresh_figures(
        _name(campaign),
        form=FORM,
        stamp=lambda: log_stamp(campaign),
        compute=lambda: figures_by_member(campaign),
    )


def _name(campaign: Campaign) -> str:
    return f"quality/{campaign.pk}"
