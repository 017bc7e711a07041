"""Celery tasks of labelling."""

from celery import shared_task
from django.conf import settings

from annotations.campaigns.services import progress_kept
from annotations.campaigns.services.completion import note_completed
from annotations.exports.selectors import unfinished_exports
from annotations.exports.services import fail_export, prune_exports
from annotations.exports.services import write_export as write_file
from annotations.gold.selectors.requests import unfinished_gold_requests
from annotations.gold.services import preview_kept as gold_kept
from annotations.gold.services.requests import fail_release, make_release
from annotations.labelling.services.assignment import reclaim_expired_assignments
from annotations.models import Campaign, Export, GoldRequest, ValidationReport
from annotations.models.validation import ReportStatus
from annotations.quality.services import quality_kept
from annotations.quality.services.quality import pause_everywhere
from annotations.validation.selectors.validation import unfinished_reports
from annotations.validation.services import validation_kept
from annotations.validation.services.validation import compute_report, fail_report
from core.errors import DomainError
from perg.stats.gold.gold_criteria import GoldCriteria


@shared_task
def reclaim_expired_leases() -> None:
    """Take back tasks that nobody is at any more, so that others can have them."""
    reclaim_expired_assignments()


@shared_task
def pause_surely_below_bars() -> None:
    """Pause people whose quality is surely below their campaign's bars."""
    pause_everywhere()


@shared_task
def compute_validation_report(report_id: int) -> None:
    """Compute a validation report, or note on it why that broke off."""
    report = ValidationReport.objects.select_related("campaign").get(pk=report_id)
    try:
        computed = compute_report(report=report)
    except Exception as error:
        fail_report(report=report, error=error)
        raise
    if computed.status == ReportStatus.READY:
        computed.refresh_from_db()  # as it was stored
        validation_kept.report_body(computed)  # or whoever looks at it first would wait for it


@shared_task
def sweep_validation_reports() -> None:
    """Pick up the reports that a lost message or a killed worker left behind."""
    for report in unfinished_reports():
        compute_validation_report.apply_async((report.pk,), expires=settings.SWEEP_SECONDS)


@shared_task
def keep_progress(campaign_id: int) -> None:
    """Count how far a large campaign is, for its page."""
    progress_kept.keep_progress(campaign=Campaign.objects.get(pk=campaign_id))


@shared_task
def keep_quality(campaign_id: int) -> None:
    """Compute the figures of a large campaign's people for its pages."""
    quality_kept.keep_quality(campaign=Campaign.objects.get(pk=campaign_id))


@shared_task
def keep_gold_preview(campaign_id: int, criteria: str) -> None:
    """Work out what a gold release of a large campaign would be, by `criteria` (JSON)."""
    gold_kept.keep_preview(
        campaign=Campaign.objects.get(pk=campaign_id), criteria=GoldCriteria.model_validate_json(criteria)
    )


@shared_task
def make_gold_release(request_id: int) -> None:
    """Make a gold release that somebody asked for, or note on its request why there is none."""
    request = GoldRequest.objects.select_related("requested_by", "campaign").get(pk=request_id)
    try:
        make_release(request=request)
    except DomainError as refusal:
        fail_release(request=request, error=refusal)
    except Exception as error:
        fail_release(request=request, error=error)
        raise


@shared_task
def sweep_gold_requests() -> None:
    """Pick up the releases that a lost message or a killed worker left behind."""
    for request in unfinished_gold_requests():
        make_gold_release.apply_async((request.pk,), expires=settings.SWEEP_SECONDS)


@shared_task
def keep_staleness(report_id: int) -> None:
    """Find out whether a large campaign's report is still true."""
    report = ValidationReport.objects.select_related("campaign").defer("document").get(pk=report_id)
    validation_kept.keep_staleness(report=report)


@shared_task
def note_completed_campaigns() -> None:
    """Notice the campaigns in which nothing is left to label or to decide."""
    note_completed()


@shared_task
def write_export(export_id: int) -> None:
    """Write an export to its file, or note on it why that broke off."""
    export = Export.objects.select_related("requested_by", "campaign", "release").get(pk=export_id)
    try:
        write_file(export=export)
    except Exception as error:
        fail_export(export=export, error=error)
        raise


@shared_task
def sweep_exports() -> None:
    """Pick up the exports that a lost message or a killed worker left behind."""
    for export in unfinished_exports():
        write_export.apply_async((export.pk,), expires=settings.SWEEP_SECONDS)


@shared_task
def prune_expired_exports() -> None:
    """Take away the files whose time is over."""
    prune_exports()
