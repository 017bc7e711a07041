"""The lines of a gold release's JSONL file."""

from annotations.exports.writers.writing import stream
from annotations.gold.table import of_release
from annotations.models import GoldRelease
from annotations.models.export import ExportFormat


def gold_file(release: GoldRelease) -> bytes:
    """The file as an export writes it."""
    return b"".join(stream(of_release(release), ExportFormat.JSONL))


def gold_lines(release: GoldRelease) -> list[bytes]:
    """Its lines, one for each task."""
    return gold_file(release).splitlines()
