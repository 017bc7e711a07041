"""The audit log as CSV, cells that a spreadsheet would run as formulas defused."""

import json
from collections.abc import Iterable, Iterator

from annotations.exports.writers.csv import CONTENT_TYPE
from core.models import AuditEvent
from perg.formats.spreadsheet import csv_line

__all__ = ["COLUMNS", "CONTENT_TYPE", "export"]

COLUMNS = ["number", "at", "person", "campaign", "action", "subject", "details"]


def export(events: Iterable[AuditEvent]) -> Iterator[bytes]:
    """A header, then one row per event; `person` is empty where the platform acted, `details` is JSON."""
    yield csv_line(COLUMNS).encode()
    for event in events:
        cells = [
            event.pk,
            event.at.isoformat(),
            event.actor.get_username() if event.actor else "",
            event.campaign.name if event.campaign else "",
            event.action,
            event.subject,
            json.dumps(event.details, ensure_ascii=False),
        ]
        yield csv_line(cells).encode()
