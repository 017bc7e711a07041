"""Previews of gold for pages: at once where there are few labels, else as a worker last had them.

A release never rests on a cached preview: it decides again, and is not made if that differs from what was seen.
"""

import hashlib
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import TypeAdapter

from annotations.campaigns.selectors.stamps import log_stamp
from annotations.gold.services.gold import GoldPreview, preview_gold
from annotations.models import Campaign
from core.cache.figures import CachedFigures, cached_figures, refresh_figures
from core.errors import DomainError
from perg.stats.gold.gold_criteria import GoldCriteria

KEEP = "annotations.gold.tasks.keep_gold_preview"

LIVE_LABELS = 10_000
"""Up to this many wanted labels, the preview is computed for each page, unless a model has to be fitted."""

LIVE_LABELS_OF_A_MODEL = 2_000


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there is no preview, so that it can be kept like one."""

    message: str
    code: str
    status: HTTPStatus
    field: str | None

    def as_error(self) -> DomainError:
        """The error to raise for the caller."""
        return DomainError(self.message, code=self.code, status=self.status, field=self.field)


FORM: TypeAdapter[GoldPreview | Refused] = TypeAdapter(GoldPreview | Refused)


def is_late(campaign: Campaign, criteria: GoldCriteria) -> bool:
    """Whether a release by these criteria takes longer than somebody waits for a page."""
    fitted = criteria.rule in ("dawid_skene", "mace")
    labels = campaign.sample_size * campaign.overlap
    return labels > (LIVE_LABELS_OF_A_MODEL if fitted else LIVE_LABELS)


def preview_now(*, campaign: Campaign, criteria: GoldCriteria) -> CachedFigures[GoldPreview]:
    """What a release would be; where that is out of date, a worker computes it. Raises what `preview_gold` does."""
    if not is_late(campaign, criteria):
        return CachedFigures.just_now(preview_gold(campaign=campaign, criteria=criteria))
    cached = cached_figures(
        _name(campaign, criteria),
        form=FORM,
        stamp=log_stamp(campaign),
        task=KEEP,
        keys=(campaign.pk, criteria.model_dump_json()),
        compute=lambda: _previewed(campaign, criteria),
    )
    if isinstance(cached.value, Refused):
        if cached.is_current:
            raise cached.value.as_error()
        return CachedFigures(None, None, is_current=False, failure=cached.failure, name=cached.name)
    return CachedFigures(cached.value, cached.as_of, cached.is_current, cached.failure, cached.name)


def keep_preview(*, campaign: Campaign, criteria: GoldCriteria) -> None:
    """Work out what a release would be and keep that, unless what is kept is current."""
    refresh_figures(
        _name(campaign, criteria),
        form=FORM,
        stamp=lambda: log_stamp(campaign),
        compute=lambda: _previewed(campaign, criteria),
    )


def _previewed(campaign: Campaign, criteria: GoldCriteria) -> GoldPreview | Refused:
    try:
        return preview_gold(campaign=campaign, criteria=criteria)
    except DomainError as error:
        return Refused(error.message, error.code, error.status, error.field)


def _name(campaign: Campaign, criteria: GoldCriteria) -> str:
    digest = hashlib.sha256(criteria.model_dump_json().encode()).hexdigest()
    return f"gold/{campaign.pk}/{digest}"
