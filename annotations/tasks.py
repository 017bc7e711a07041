"""Celery tasks of labelling."""

from celery import shared_task
from django.conf import settings

from annotations.models import ValidationReport
from annotations.selectors.validation import unfinished_reports
from annotations.services.assignment import reclaim_expired_assignments
from annotations.services.quality import pause_everywhere
from annotations.services.validation import compute_report, fail_report


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
        compute_report(report=report)
    except Exception as error:
        fail_report(report=report, error=error)
        raise


@shared_task
def sweep_validation_reports() -> None:
    """Pick up the reports that a lost message or a killed worker left behind."""
    for report in unfinished_reports():
        compute_validation_report.apply_async((report.pk,), expires=settings.SWEEP_SECONDS)
