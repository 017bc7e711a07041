"""The audit log as CSV, cells that a spreadsheet would run as formulas defused."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from perg.formats.spreadsheet import csv_line

CONTENT_TYPE = "text/csv; charset=utf-8"
COLUMNS = ["number", "at", "person", "campaign", "action", "subject", "details"]


def export(events: Iterable[Any]) -> Iterator[bytes]:
    """A header, then one row per event; `person` is empty where the platform acted, `details` is JSON.

    Events have the name of their campaign (`with_campaigns`), which no type says.
    """
    yield csv_line(COLUMNS).encode()
    for event in events:
        cells = [
            event.pk,
            event.at.isoformat(),
            event.actor.get_username() if event.actor else "",
            event.campaign_name or "",
            event.action,
            event.subject,
            json.dumps(event.details, ensure_ascii=False),
        ]
        yield csv_line(cells).encode()
