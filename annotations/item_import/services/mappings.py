"""Mappings that people save, for the next table of the same kind."""

from collections.abc import Sequence

from django.db import transaction

from annotations.item_import.tables.documents import CriterionChoice
from annotations.models import SavedMapping
from core.audit.writing import record as audit
from core.errors import DomainError
from core.models import User
from core.names import check_name
from perg.formats.mapping.uses import TableMapping

NAME_LENGTH = 200


@transaction.atomic
def save_mapping(
    *, name: str, mapping: TableMapping, choices: Sequence[CriterionChoice], owner: User
) -> SavedMapping:
    """Save a mapping under a name; one of that name is replaced. Raises DomainError for a text that is no name."""
    name = name.strip()
    if not 0 < len(name) <= NAME_LENGTH:
        raise DomainError(f"A mapping needs a name of at most {NAME_LENGTH} characters.", field="save_as")
    check_name(name, field="save_as")
    saved, _ = SavedMapping.objects.update_or_create(
        owner=owner,
        name=name,
        defaults={
            "columns": sorted(mapping.columns),
            "mapping": mapping.model_dump(mode="json"),
            "choices": [choice.dumped() for choice in choices],
        },
    )
    audit("mapping.saved", actor=owner, subject=saved, name=name)
    return saved


@transaction.atomic
def delete_mapping(*, saved: SavedMapping, actor: User) -> None:
    """Delete a saved mapping."""
    audit("mapping.deleted", actor=actor, subject=saved, name=saved.name)
    saved.delete()
