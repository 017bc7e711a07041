"""A gold release as JSON lines. Their SHA-256 is the release's checksum."""

from collections.abc import Iterator

from annotations.models import GoldRelease
from annotations.services.gold import canonical_line

CONTENT_TYPE = "application/x-ndjson"


def export(release: GoldRelease) -> Iterator[bytes]:
    """One line per task: the item, the gold, how it came about and every rater's score."""
    for record in release.gold_labels.order_by("pk").values_list("record", flat=True).iterator():
        yield canonical_line(record)
