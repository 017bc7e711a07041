"""Tasks of quality."""

from celery import shared_task

from annotations.models import Campaign
from annotations.quality.services import cached_quality
from annotations.quality.services.quality import pause_everywhere


@shared_task
def pause_surely_below_bars() -> None:
    """Pause people whose quality is surely below their campaign's bars."""
    pause_everywhere()


@shared_task
def keep_quality(campaign_id: int) -> None:
    """Compute the figures of a large campaign's people for its pages."""
    cached_quality.keep_quality(campaign=Campaign.objects.get(pk=campaign_id))
