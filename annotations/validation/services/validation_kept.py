"""Whether a campaign's newest report is still true, for pages: looked up at once in small campaigns, else as kept.

Telling takes a hash of every row that the report is made of, a second where there are a million. A stamp is quicker,
but changes with all that happens: where it has changed, a worker takes the hash, and till then the report counts as
stale.
"""

from dataclasses import replace

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from pydantic import TypeAdapter

from annotations.models import Campaign, ValidationReport
from annotations.validation.page import validation_page
from annotations.validation.selectors.stamps import input_stamp
from annotations.validation.selectors.validation import ReportsNow, newest_reports, reports_now, staleness
from core.cache.figures import keep_figures, kept_figures, kept_text
from perg.stats.base.result import load
from perg.stats.report.validation import ValidationReport as ReportDocument

KEEP = "annotations.tasks.keep_staleness"
FORM = TypeAdapter(str)

LIVE_TASKS = 5_000
"""Up to so many tasks the hash is taken for each page."""

BEING_CHECKED = (
    "Something has happened in the campaign or its runs since: whether it is still true is being checked."
)
NOT_CHECKED = (
    "Something has happened in the campaign or its runs since, "
    "and finding out whether it is still true failed."
)


def reports_shown(campaign: Campaign) -> ReportsNow:
    """Where the campaign's reports stand, soon enough for a page."""
    if campaign.is_imported or campaign.sample_size <= LIVE_TASKS:
        return reports_now(campaign)
    found = newest_reports(campaign)
    if found.ready is None:
        return found
    report = found.ready
    kept = kept_figures(
        _name(report),
        form=FORM,
        stamp=input_stamp(campaign),
        task=KEEP,
        keys=(report.pk,),
        compute=lambda: staleness(campaign, report),
    )
    if kept.is_current:
        return replace(found, stale=kept.value or "")
    if kept.failure:
        return replace(found, stale=f"{NOT_CHECKED} {kept.failure.why}")
    return replace(found, stale=BEING_CHECKED, is_being_checked=True)


def keep_staleness(*, report: ValidationReport) -> None:
    """Find out whether the report is still true and keep that, unless it is known."""
    keep_figures(
        _name(report),
        form=FORM,
        stamp=lambda: input_stamp(report.campaign),
        compute=lambda: staleness(report.campaign, report),
    )


def report_body(report: ValidationReport) -> SafeString:
    """A report that is ready as HTML: long where there are many judges, and the same as long as the report is there."""

    def write() -> str:
        document = load(ReportDocument, report.document)
        return render_to_string("annotations/_validation_report.html", {"page": validation_page(document)})

    written = kept_text(f"report/{report.pk}/{report.finished_at:%Y%m%d%H%M%S%f}/{report.input_hash}", write)
    return mark_safe(written)  # a template has written it


def _name(report: ValidationReport) -> str:
    return f"staleness/{report.pk}"
