"""Tasks of gold releases."""

from celery import shared_task

from annotations.gold.services import cached_preview
from annotations.models import Campaign
from perg.stats.gold.gold_criteria import GoldCriteria


@shared_task
def keep_gold_preview(campaign_id: int, criteria: str) -> None:
    """Work out what a gold release of a large campaign would be, by `criteria` (JSON)."""
    cached_preview.keep_preview(
        campaign=Campaign.objects.get(pk=campaign_id), criteria=GoldCriteria.model_validate_json(criteria)
    )
