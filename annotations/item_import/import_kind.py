"""The import of a table of items and ratings."""

from typing import Any

from annotations.access import campaign_maker
from annotations.item_import.services.items import ItemsRefused, ItemsSpec, import_items
from annotations.item_import.services.uploads import ITEMS
from annotations.item_import.tables.documents import CriterionChoice
from annotations.item_import.tables.reading import stated_layout
from core.errors import DomainError, NotFound
from evaluation.imports.kinds import MOST_PROBLEMS, ImportKind, ImportSource, register
from perg.formats.mapping.uses import TableMapping


def register_kind() -> None:
    """Make it known to the import jobs."""
    template = "annotations/item_import/_items_imported.html"
    register(ImportKind(ITEMS, "Items and ratings", "item_import", template, _items, _problems))


def _problems(error: DomainError) -> list[Any]:
    """The rows that cannot be used."""
    problems = error.problems if isinstance(error, ItemsRefused) else ()
    return [problem.dumped() for problem in problems[:MOST_PROBLEMS]]


def _items(source: ImportSource) -> dict[str, Any]:
    try:
        campaign_maker(source.actor)
    except NotFound as error:
        raise NotFound(
            f"{source.actor.get_username()} may not import this any more.", code="no_longer_allowed"
        ) from error
    file, arguments = source.file("file"), source.arguments
    spec = ItemsSpec(
        file=file.path,
        file_name=file.name,
        campaign=arguments["campaign"],
        mapping=TableMapping.model_validate(arguments["mapping"]),
        stated=stated_layout(arguments["stated"]),
        choices=[CriterionChoice.model_validate(choice) for choice in arguments["choices"]],
        rest=arguments["rest"],
    )
    rows: int = arguments["rows"]
    return import_items(
        spec=spec, created_by=source.actor, rows_done=lambda done: source.progress(min(done, rows), rows)
    ).as_dict()
