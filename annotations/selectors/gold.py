"""Gold releases."""

from django.db.models import Count, Q, QuerySet

from annotations.models import Campaign, GoldRelease


def releases_with_counts(campaign: Campaign) -> QuerySet[GoldRelease]:
    """The campaign's gold releases with `followed_count`, `not_followed_count` and `unresolved_count`."""
    return campaign.gold_releases.select_related("created_by").annotate(
        followed_count=Count("gold_labels", filter=Q(gold_labels__followed=True)),
        not_followed_count=Count("gold_labels", filter=Q(gold_labels__followed=False)),
        unresolved_count=Count("gold_labels", filter=Q(gold_labels__followed__isnull=True)),
    )
