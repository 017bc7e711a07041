"""A gold release as CSV: a column for each rater, cells that a spreadsheet would run as formulas defused."""

import csv
from collections.abc import Iterator
from typing import Any, get_type_hints

from annotations.models import GoldRelease
from annotations.services.gold import GoldRecord

CONTENT_TYPE = "text/csv; charset=utf-8"
RATER_COLUMNS = {
    "labels": "label: ",
    "surplus_labels": "surplus label: ",
    "set_aside_labels": "label set aside: ",
    "judges": "judge: ",
}
PLAIN_COLUMNS = [name for name in get_type_hints(GoldRecord) if name not in RATER_COLUMNS]


class Echo:
    """A file whose write gives the text back, so that csv.writer can feed a stream."""

    def write(self, text: str) -> str:
        return text


def export(release: GoldRelease) -> Iterator[bytes]:
    """A header, then one row per task; `options` is a list as in Python, missing ratings are empty."""
    raters = sorted(
        # A record has what there was to tell when it was released: older ones lack some fields.
        {
            (group, name)
            for record in _records(release)
            for group in RATER_COLUMNS
            for name in record.get(group, ())
        },
        key=lambda column: (list(RATER_COLUMNS).index(column[0]), column[1]),
    )
    writer = csv.writer(Echo())
    yield writer.writerow(
        [*PLAIN_COLUMNS, *(defused(RATER_COLUMNS[group] + name) for group, name in raters)]
    ).encode()
    for record in _records(release):
        plain = [record.get(column, "") for column in PLAIN_COLUMNS]
        ratings = [record.get(group, {}).get(name) for group, name in raters]
        yield writer.writerow([defused(cell) for cell in [*plain, *ratings]]).encode()


def _records(release: GoldRelease) -> Iterator[dict[str, Any]]:
    return release.gold_labels.order_by("pk").values_list("record", flat=True).iterator()


def defused(cell: object) -> object:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV injection)."""
    if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + cell
    return cell
