"""Tasks of campaigns."""

from celery import shared_task

from annotations.campaigns.services import cached_progress
from annotations.campaigns.services.completion import note_completed
from annotations.models import Campaign


@shared_task
def keep_progress(campaign_id: int) -> None:
    """Count how far a large campaign is, for its page."""
    cached_progress.keep_progress(campaign=Campaign.objects.get(pk=campaign_id))


@shared_task
def note_completed_campaigns() -> None:
    """Notice the campaigns in which nothing is left to label or to decide."""
    note_completed()
