"""Versions of a campaign's guidelines."""

from django.db.models import Count

from annotations.models import Campaign, Guidelines


def guidelines_with_counts(campaign: Campaign) -> list[Guidelines]:
    """All versions, newest first, each with the labels made by it: `label_count`, by `person_count` people."""
    return list(
        campaign.guideline_versions.select_related("created_by")
        .annotate(
            label_count=Count("labels"),
            person_count=Count("labels__assignment__member", distinct=True),
        )
        .order_by("-version")
    )
