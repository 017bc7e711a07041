"""What annotations import: ratings made elsewhere, and items with a known score."""

from typing import Any

from annotations.access import campaign_maker, led_campaign
from annotations.quality.services.controls import add_controls
from annotations.quality.services.known_items import KnownItemsRefused, read_known_items
from annotations.validation.services.ratings_import import RatingsFile, RatingsRefused, import_ratings
from core.errors import DomainError, NotFound
from evaluation.imports.kinds import ImportKind, ImportSource, register
from perg.stats.files.ratings_files import Kind

RATINGS, CONTROLS = "ratings", "controls"
MOST_PROBLEMS = 1_000


def register_kinds() -> None:
    """Make them known to the import jobs."""
    register(
        ImportKind(
            RATINGS, "Ratings", "ratings_import", "annotations/_ratings_imported.html", _ratings, _problems
        )
    )
    register(
        ImportKind(
            CONTROLS,
            "Items with a known score",
            "",
            "annotations/_controls_imported.html",
            _controls,
            _problems,
        )
    )


def _problems(error: DomainError) -> list[Any]:
    """What is wrong with the files, a line each."""
    problems = error.problems if isinstance(error, RatingsRefused | KnownItemsRefused) else ()
    more = len(problems) - MOST_PROBLEMS
    return [*problems[:MOST_PROBLEMS], *([f"and {more:,} more"] if more > 0 else [])]


def _ratings(source: ImportSource) -> dict[str, Any]:
    try:
        campaign_maker(source.actor)
    except NotFound as error:
        raise NotFound(
            f"{source.actor.get_username()} may not import this any more.", code="no_longer_allowed"
        ) from error
    kinds: tuple[Kind, ...] = ("human", "judge")
    files = [
        RatingsFile(file.name, file.path, kind)
        for kind in kinds
        for file in source.files
        if file.field == kind
    ]
    report = import_ratings(
        files=files, created_by=source.actor, progress=source.progress, **source.arguments
    )
    return report.as_dict() | {"failures_in_words": report.failures_in_words}


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
