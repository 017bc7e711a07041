"""Whether a campaign's newest report is still true, for pages: looked up at once in small campaigns, else as kept.

Telling takes a hash of every row that the report is made of, a second where there are a million. A stamp is quicker,
but changes with all that happens: where it has changed, a worker takes the hash, and till then the report counts as
stale.
"""

from dataclasses import replace

from pydantic import TypeAdapter

from annotations.models import Campaign, Criterion, ValidationReport
from annotations.validation.selectors.reports import ReportsNow, newest_reports, reports_now, staleness
from annotations.validation.selectors.stamps import input_stamp
from core.cache.figures import cached_figures, refresh_figures

KEEP = "annotations.validation.tasks.keep_staleness"
FORM = TypeAdapter(str)

LIVE_TASKS = 5_000
"""Up to this many tasks, the hash is computed for each page."""

BEING_CHECKED = (
    "Something has happened in the campaign or its runs since: whether it is still true is being checked."
)
NOT_CHECKED = (
    "Something has happened in the campaign or its runs since, "
    "and finding out whether it is still true failed."
)


def reports_shown(campaign: Campaign, criterion: Criterion | None = None) -> ReportsNow:
    """Where the reports on the campaign, or on the criterion, stand, soon enough for a page."""
    if campaign.is_imported or campaign.sample_size <= LIVE_TASKS:
        return reports_now(campaign, criterion)
    reports = newest_reports(campaign)
    if reports.ready is None:
        return reports
    report = reports.ready
    cached = cached_figures(
        _name(report),
        form=FORM,
        stamp=input_stamp(campaign),
        task=KEEP,
        keys=(report.pk,),
        compute=lambda: staleness(campaign, report),
    )
    if cached.is_current:
        return replace(reports, stale=cached.value or "")
    if cached.failure:
        return replace(reports, stale=f"{NOT_CHECKED} {cached.failure.why}")
    return replace(reports, stale=BEING_CHECKED, is_being_checked=True)


def keep_staleness(*, report: ValidationReport) -> None:
    """Find out whether the report is still true and keep that, unless it is known."""
    refresh_figures(
        _name(report),
        form=FORM,
        stamp=lambda: input_stamp(report.campaign),
        compute=lambda: staleness(report.campaign, report),
    )


def _name(report: ValidationReport) -> str:
    return f"staleness/{report.pk}"
