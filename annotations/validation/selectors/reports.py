"""The validation reports that there are, and whether they are still true.

A report is on a campaign; of imported ratings, on one of its criteria, which all functions then take.
"""

from dataclasses import dataclass, replace

from annotations.models import Campaign, Criterion, ValidationReport
from annotations.models.validation import ReportStatus
from annotations.validation.selectors.input_hash import Digests, hash_of, input_digests
from core.jobs.leased_job import LeasedJobQuerySet

CHANGED_LABELS = "Labels, judgments or what they are about have changed since it was computed."
CHANGED_RATINGS = "Ratings, items or what the answers mean have changed since it was computed."


@dataclass(frozen=True, slots=True)
class ReportsNow:
    """The newest report on a campaign or criterion that is ready, and the state of the newest request.

    `stale` says in words why the ready one no longer tells how things are; empty where it does. `is_being_checked`:
    something has happened of which it is not known yet whether it changes the report; `stale` says so.
    `others_pending`: how many reports on other criteria are being made.
    """

    ready: ValidationReport | None
    newest: ValidationReport | None
    stale: str
    is_being_checked: bool = False
    others_pending: int = 0

    @property
    def pending(self) -> ValidationReport | None:
        """The report that is being made, if one is."""
        return self.newest if self.newest is not None and self.newest.is_unfinished else None

    @property
    def failed(self) -> ValidationReport | None:
        """The newest report, where it failed."""
        failed = self.newest is not None and self.newest.status == ReportStatus.FAILED
        return self.newest if failed else None


def reports_on(campaign: Campaign, criterion: Criterion | None = None) -> LeasedJobQuerySet[ValidationReport]:
    """All reports on the campaign or, of imported ratings, on the criterion; the newest first."""
    return campaign.validation_reports.filter(criterion=criterion).order_by("-pk")


def reports_now(campaign: Campaign, criterion: Criterion | None = None) -> ReportsNow:
    """Where the reports stand. Reads a hash of all the input, to tell whether the ready one is stale."""
    newest = newest_reports(campaign, criterion)
    return newest if newest.ready is None else replace(newest, stale=staleness(campaign, newest.ready))


def newest_reports(campaign: Campaign, criterion: Criterion | None = None) -> ReportsNow:
    """The newest report and the newest that is ready; nobody has looked whether that one is stale."""
    reports = reports_on(campaign, criterion).select_related("requested_by", "criterion")
    ready = reports.filter(status=ReportStatus.READY).first()
    newest = reports.defer("document").first()
    return ReportsNow(ready, newest, "", others_pending=_others_pending(campaign, criterion))


def report_progress(campaign: Campaign, criterion: Criterion | None = None) -> ReportsNow:
    """How far the newest report is, and nothing that takes long to read: pages ask again and again."""
    newest = reports_on(campaign, criterion).select_related("requested_by").defer("document").first()
    return ReportsNow(None, newest, "", others_pending=_others_pending(campaign, criterion))


def _others_pending(campaign: Campaign, criterion: Criterion | None) -> int:
    if criterion is None:
        return 0
    return campaign.validation_reports.unfinished().exclude(criterion=criterion).count()


def staleness(campaign: Campaign, report: ValidationReport) -> str:
    """Why a report is out of date, in words; empty where it is current."""
    return staleness_by(campaign, report, input_digests(campaign, report.criterion_id))


def staleness_by(campaign: Campaign, report: ValidationReport, digests: Digests) -> str:
    """The same, where the digests of the input as it is now are known."""
    if hash_of(campaign, report.settings, digests) == report.input_hash:
        return ""
    if hash_of(campaign, report.settings, digests, report.code_version) == report.input_hash:
        return f"It was computed by version {report.code_version} of the platform, which has changed since."
    return CHANGED_RATINGS if campaign.is_imported else CHANGED_LABELS
