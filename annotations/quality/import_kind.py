"""The import of items with a known score."""

from typing import Any

from annotations.access import led_campaign
from annotations.quality.services.controls import add_controls
from annotations.quality.services.known_items import KnownItemsRefused, read_known_items
from core.errors import DomainError
from evaluation.imports.kinds import ImportKind, ImportSource, listed_problems, register

CONTROLS = "controls"


def register_kind() -> None:
    """Make it known to the import jobs. It has no page of its own: the controls of a campaign take the file."""
    template = "annotations/quality/_controls_imported.html"
    register(ImportKind(CONTROLS, "Items with a known score", "", template, _controls, _problems))


def _problems(error: DomainError) -> list[Any]:
    """What is wrong with the file, a line each."""
    return listed_problems(error.problems) if isinstance(error, KnownItemsRefused) else []


def _controls(source: ImportSource) -> dict[str, Any]:
    campaign = led_campaign(source.actor, source.arguments["campaign"])
    items = read_known_items(source.file("file").path, campaign)
    tasks = add_controls(campaign=campaign, items=items, kind=source.arguments["kind"], actor=source.actor)
    return {
        "status": "imported",
        "message": f"{len(tasks)} item{'' if len(tasks) == 1 else 's'} added",
        "campaign": {"id": campaign.pk, "name": campaign.name},
        "items": len(tasks),
    }
