"""Celery tasks of imports."""

from celery import shared_task
from django.conf import settings

from core.errors import DomainError
from evaluation.imports.selectors import unfinished_jobs
from evaluation.imports.services.jobs import fail_import, prune_imports
from evaluation.imports.services.jobs import run_import as run_job
from evaluation.models import ImportJob


@shared_task
def run_import(job_id: int) -> None:
    """Import uploaded files, or note on their job why they are not imported."""
    job = ImportJob.objects.select_related("requested_by").get(pk=job_id)
    try:
        run_job(job=job)
    except DomainError as refusal:
        fail_import(job=job, error=refusal)
    except Exception as error:
        fail_import(job=job, error=error)
        raise


@shared_task
def sweep_imports() -> None:
    """Pick up the imports that a lost message or a killed worker left behind."""
    for job in unfinished_jobs():
        run_import.apply_async((job.pk,), expires=settings.SWEEP_SECONDS)


@shared_task
def prune_import_files() -> None:
    """Delete uploaded files that nobody will read again."""
    prune_imports()
