"""Jobs of imports."""

from datetime import timedelta

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone

from core.errors import NotFound
from evaluation.models import ImportJob
from evaluation.models.import_job import ImportStatus


def imports_of(user: AbstractUser | AnonymousUser) -> QuerySet[ImportJob]:
    """The person's own imports, newest first."""
    return ImportJob.objects.filter(requested_by=user.pk).select_related("requested_by")


def own_import(user: AbstractUser | AnonymousUser, job_id: int) -> ImportJob:
    """An import of the person's own. Raises NotFound."""
    job = imports_of(user).filter(pk=job_id).first()
    if job is None:
        raise NotFound("There is no such import.")
    return job


def abandoned_jobs(seconds: float) -> QuerySet[ImportJob]:
    """Finished jobs whose files are still there: done or refused, or failed and not retried for so long."""
    old = Q(finished_at__lt=timezone.now() - timedelta(seconds=seconds)) | ~Q(status=ImportStatus.FAILED)
    return ImportJob.objects.exclude(folder="").filter(old, finished_at__isnull=False)
