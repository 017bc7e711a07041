"""The import of ratings made elsewhere."""

from typing import Any

from annotations.access import campaign_maker
from annotations.validation.services.ratings_import import (
    RatingsFile,
    RatingsRefused,
    RatingsSpec,
    import_ratings,
)
from core.errors import DomainError, NotFound
from evaluation.imports.kinds import ImportKind, ImportSource, listed_problems, register
from perg.stats.files.ratings_files import Kind

RATINGS = "ratings"


def register_kind() -> None:
    """Make it known to the import jobs."""
    template = "annotations/validation/_ratings_imported.html"
    register(ImportKind(RATINGS, "Ratings", "ratings_import", template, _ratings, _problems))


def _problems(error: DomainError) -> list[Any]:
    """What is wrong with the files, a line each."""
    return listed_problems(error.problems) if isinstance(error, RatingsRefused) else []


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
    spec = RatingsSpec(files=files, **source.arguments)
    report = import_ratings(spec=spec, created_by=source.actor, progress=source.progress)
    return report.as_dict() | {"failures_in_words": report.failures_in_words}
