"""Tasks of gold releases."""

from celery import shared_task
from django.conf import settings

from annotations.gold.selectors.requests import unfinished_gold_requests
from annotations.gold.services import preview_kept
from annotations.gold.services.requests import fail_release, make_release
from annotations.models import Campaign, GoldRequest
from core.errors import DomainError
from perg.stats.gold.gold_criteria import GoldCriteria


@shared_task
def keep_gold_preview(campaign_id: int, criteria: str) -> None:
    """Work out what a gold release of a large campaign would be, by `criteria` (JSON)."""
    preview_kept.keep_preview(
        campaign=Campaign.objects.get(pk=campaign_id), criteria=GoldCriteria.model_validate_json(criteria)
    )


@shared_task
def make_gold_release(request_id: int) -> None:
    """Make a gold release that somebody asked for, or note on its request why there is none."""
    request = GoldRequest.objects.select_related("requested_by", "campaign").get(pk=request_id)
    try:
        make_release(request=request)
    except DomainError as refusal:
        fail_release(request=request, error=refusal)
    except Exception as error:
        fail_release(request=request, error=error)
        raise


@shared_task
def sweep_gold_requests() -> None:
    """Pick up the releases that a lost message or a killed worker left behind."""
    for request in unfinished_gold_requests():
        make_gold_release.apply_async((request.pk,), expires=settings.SWEEP_SECONDS)
