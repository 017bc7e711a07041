"""Tasks of validation reports."""

from celery import shared_task

from annotations.models import Criterion, ValidationReport
from annotations.models.validation import ReportStatus
from annotations.validation.rendering import report_body
from annotations.validation.services import cached_labels, cached_staleness
from annotations.validation.services.validation import ValidationReports


class ReportJobs(ValidationReports):
    """Reports as jobs. The page of a new one is made by the worker, or its first reader would wait for it."""

    def after(self, job: ValidationReport) -> None:
        if job.status == ReportStatus.READY:
            report_body(job)


@shared_task
def keep_staleness(report_id: int) -> None:
    """Find out whether a large campaign's report is still true."""
    report = ValidationReport.objects.select_related("campaign").defer("document").get(pk=report_id)
    cached_staleness.keep_staleness(report=report)


@shared_task
def keep_label_question(criterion_id: int) -> None:
    """Summarise a large question with any of several labels."""
    criterion = Criterion.objects.select_related("campaign").get(pk=criterion_id)
    cached_labels.keep_label_question(criterion=criterion)
