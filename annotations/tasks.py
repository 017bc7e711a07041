"""Celery tasks of labelling."""

from celery import shared_task

from annotations.services.assignment import reclaim_expired_assignments
from annotations.services.quality import pause_everywhere


@shared_task
def reclaim_expired_leases() -> None:
    """Take back tasks that nobody is at any more, so that others can have them."""
    reclaim_expired_assignments()


@shared_task
def pause_surely_below_bars() -> None:
    """Pause people whose quality is surely below their campaign's bars."""
    pause_everywhere()
