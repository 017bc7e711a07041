"""The two Celery tasks of all jobs: one does a job, the other finds those that were left behind."""

import logging

from celery import shared_task

from core.jobs import leasing
from core.jobs.kinds import job_kind, registered_kinds

logger = logging.getLogger(__name__)


@shared_task
def run_job(kind_name: str, job_id: int) -> None:
    """Do a job of a kind (`annotations.export`), unless it is done, under way or gone."""
    kind = job_kind(kind_name)
    job = kind.model.objects.filter(pk=job_id).first()
    if job is not None:
        leasing.run_job(job)
        kind.after(job)


@shared_task
def sweep_jobs() -> None:
    """Pick up what a lost message or a killed worker left behind, of every kind. One that fails harms no other."""
    for kind in registered_kinds():
        try:
            kind.sweep()
        except Exception:
            logger.exception("The sweep over %s failed; the next one tries again.", kind.name)
