"""Tasks of validation reports."""

from celery import shared_task
from django.conf import settings

from annotations.models import ValidationReport
from annotations.models.validation import ReportStatus
from annotations.validation.rendering import report_body
from annotations.validation.selectors.validation import unfinished_reports
from annotations.validation.services import validation_kept
from annotations.validation.services.validation import compute_report, fail_report


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
        report_body(computed)  # or whoever looks at it first would wait for it


@shared_task
def sweep_validation_reports() -> None:
    """Pick up the reports that a lost message or a killed worker left behind."""
    for report in unfinished_reports():
        compute_validation_report.apply_async((report.pk,), expires=settings.SWEEP_SECONDS)


@shared_task
def keep_staleness(report_id: int) -> None:
    """Find out whether a large campaign's report is still true."""
    report = ValidationReport.objects.select_related("campaign").defer("document").get(pk=report_id)
    validation_kept.keep_staleness(report=report)
