"""Celery tasks of labelling."""

from celery import shared_task

from annotations.campaigns.services import progress_kept
from annotations.campaigns.services.completion import note_completed
from annotations.exports.services import prune_exports
from annotations.gold.services import preview_kept as gold_kept
from annotations.labelling.services.assignment import reclaim_expired_assignments
from annotations.models import Campaign, ValidationReport
from annotations.quality.services import quality_kept
from annotations.quality.services.quality import pause_everywhere
from annotations.validation.services import validation_kept
from perg.stats.gold.gold_criteria import GoldCriteria


@shared_task
def reclaim_expired_leases() -> None:
    """Take back tasks that nobody is at any more, so that others can have them."""
    reclaim_expired_assignments()


@shared_task
def pause_surely_below_bars() -> None:
    """Pause people whose quality is surely below their campaign's bars."""
    pause_everywhere()


@shared_task
def keep_progress(campaign_id: int) -> None:
    """Count how far a large campaign is, for its page."""
    progress_kept.keep_progress(campaign=Campaign.objects.get(pk=campaign_id))


@shared_task
def keep_quality(campaign_id: int) -> None:
    """Compute the figures of a large campaign's people for its pages."""
    quality_kept.keep_quality(campaign=Campaign.objects.get(pk=campaign_id))


@shared_task
def keep_gold_preview(campaign_id: int, criteria: str) -> None:
    """Work out what a gold release of a large campaign would be, by `criteria` (JSON)."""
    gold_kept.keep_preview(
        campaign=Campaign.objects.get(pk=campaign_id), criteria=GoldCriteria.model_validate_json(criteria)
    )


@shared_task
def keep_staleness(report_id: int) -> None:
    """Find out whether a large campaign's report is still true."""
    report = ValidationReport.objects.select_related("campaign").defer("document").get(pk=report_id)
    validation_kept.keep_staleness(report=report)


@shared_task
def note_completed_campaigns() -> None:
    """Notice the campaigns in which nothing is left to label or to decide."""
    note_completed()


@shared_task
def prune_expired_exports() -> None:
    """Take away the files whose time is over."""
    prune_exports()
