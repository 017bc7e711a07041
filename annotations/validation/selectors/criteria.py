"""The criteria of imported ratings, one of which a validation report is on."""

from django.db.models import Exists, OuterRef

from annotations.models import Campaign, Criterion, ImportedRating
from core.errors import DomainError, NotFound


class CriterionNeeded(DomainError):
    """The campaign has several criteria, and none is named; `criteria` are their keys."""

    code = "criterion_needed"


def criterion_named(campaign: Campaign, key: str | None) -> Criterion | None:
    """The criterion with this key; without a key the only one, or None: there is none, as in a campaign on runs.

    Raises:
        NotFound: there is no such criterion.
        CriterionNeeded: no key, and there are several.
    """
    criteria = list(campaign.criteria.all()) if campaign.is_imported else []
    if key:  # of a campaign on runs, no key names anything
        criterion = next((criterion for criterion in criteria if criterion.key == key), None)
        if criterion is None:
            raise NotFound("This campaign has no such criterion.", code="no_criterion")
        return criterion
    if len(criteria) > 1:
        keys = [criterion.key for criterion in criteria]
        raise CriterionNeeded(
            "This campaign has several criteria, and each has a report of its own: name one.",
            field="criterion",
            extra={"criteria": keys},
        )
    return criteria[0] if criteria else None


def rated_criteria(campaign: Campaign) -> list[Criterion]:
    """The criteria of imported ratings by which anybody rated anything, in their order."""
    ratings = ImportedRating.objects.filter(criterion=OuterRef("pk"))
    return list(campaign.criteria.filter(Exists(ratings)))


def has_several_criteria(campaign: Campaign) -> bool:
    """Whether a report on the campaign has to name its criterion."""
    return campaign.is_imported and campaign.criteria.count() > 1


def first_criterion(campaign: Campaign) -> Criterion | None:
    """The first criterion of imported ratings; None: there is none, as in a campaign on runs."""
    return campaign.criteria.first() if campaign.is_imported else None
