"""Task of labelling."""

from celery import shared_task

from annotations.labelling.services.assignment import reclaim_expired_assignments


@shared_task
def reclaim_expired_leases() -> None:
    """Take back tasks that nobody is at any more, so that others can have them."""
    reclaim_expired_assignments()
