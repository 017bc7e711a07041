"""How a campaign goes, for its page: counted at once where there are few tasks, else as a worker last counted it.

Only what reads all tasks and labels is cached (`CountedProgress`): who is at work, and on how much, is always as it is
now.
"""

from pydantic import TypeAdapter

from annotations.campaigns.selectors.progress import CountedProgress, counted_progress
from annotations.campaigns.selectors.stamps import log_stamp
from annotations.models import Campaign
from core.cache.figures import CachedFigures, cached_figures, refresh_figures
from evaluation.results.selectors.results import runs_stamp

KEEP = "annotations.campaigns.tasks.keep_progress"
FORM = TypeAdapter(CountedProgress)

LIVE_TASKS = 10_000
"""Up to this many tasks, everything is counted for each page."""


def progress_now(campaign: Campaign) -> CachedFigures[CountedProgress]:
    """Where the counts are out of date, a worker computes newer ones; without any, they are counted at once."""
    if campaign.sample_size <= LIVE_TASKS:
        return CachedFigures.just_now(counted_progress(campaign))
    cached = cached_figures(
        _name(campaign),
        form=FORM,
        stamp=_stamp(campaign),
        task=KEEP,
        keys=(campaign.pk,),
        compute=lambda: _counted(campaign),
    )
    return CachedFigures.just_now(keep_progress(campaign=campaign)) if cached.value is None else cached


def keep_progress(*, campaign: Campaign) -> CountedProgress:
    """Count and keep it, unless what is kept is current."""
    return refresh_figures(
        _name(campaign),
        form=FORM,
        stamp=lambda: _stamp(campaign),
        compute=lambda: _counted(campaign),
    )


def _counted(campaign: Campaign) -> CountedProgress:
    return counted_progress(campaign, with_alignment=True)


def _stamp(campaign: Campaign) -> str:
    return f"{log_stamp(campaign)}/{runs_stamp(campaign.runs.values_list('pk', flat=True))}"


def _name(campaign: Campaign) -> str:
    return f"progress/{campaign.pk}"
