"""A person's own uploads and saved mappings."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db.models import QuerySet
from django.utils import timezone

from annotations.item_import.tables.documents import CriterionChoice, TableOutcome, TableReading
from annotations.models import SavedMapping, TableUpload
from core.errors import Conflict, DomainError, NotFound
from perg.formats.mapping.uses import TableMapping

FILE = "0"
"""The name of the file in its folder."""


def uploads_of(user: AbstractUser | AnonymousUser) -> QuerySet[TableUpload]:
    """The person's own uploads that are still there, newest first."""
    return TableUpload.objects.filter(requested_by=user.pk).select_related("requested_by")


def own_upload(user: AbstractUser | AnonymousUser, upload_id: int) -> TableUpload:
    """An upload of the person's own. Raises NotFound."""
    upload = uploads_of(user).filter(pk=upload_id).first()
    if upload is None:
        raise NotFound("There is no such upload. Files that nobody goes on with are deleted after a day.")
    return upload


def file_of(upload: TableUpload) -> Path:
    """Where the file is."""
    return Path(settings.IMPORT_ROOT) / upload.folder / FILE


def reading_of(upload: TableUpload) -> TableReading:
    """What the file is. Raises Conflict where that is not known yet."""
    if upload.reading is None:
        raise Conflict("The file has not been read yet.", code="not_read")
    return TableReading.model_validate(upload.reading)


def outcome_of_upload(upload: TableUpload) -> TableOutcome:
    """What its rows are by the mapping. Raises Conflict where they are not checked."""
    if upload.outcome is None:
        raise Conflict("The rows have not been checked yet.", code="not_checked")
    return TableOutcome.model_validate(upload.outcome)


def mapping_of(upload: TableUpload) -> TableMapping:
    """What the columns are for, as its owner said; as is guessed, where they said nothing yet."""
    reading = reading_of(upload)
    mapping = reading.guess if upload.mapping is None else TableMapping.model_validate(upload.mapping)
    return mapping.in_order(column.name for column in reading.columns)


def choices_of(upload: TableUpload) -> list[CriterionChoice]:
    """What its owner said of the criteria."""
    return [CriterionChoice.model_validate(choice) for choice in upload.choices]


def mappings_of(user: AbstractUser | AnonymousUser) -> QuerySet[SavedMapping]:
    """The mappings that the person saved, by name."""
    return SavedMapping.objects.filter(owner=user.pk)


def own_mapping(user: AbstractUser | AnonymousUser, name: str) -> SavedMapping:
    """A saved mapping of the person's own. Raises NotFound."""
    mapping = mappings_of(user).filter(name=name).first()
    if mapping is None:
        raise NotFound("There is no such mapping.", field="saved")
    return mapping


def saved_mapping(user: AbstractUser | AnonymousUser, mapping_id: int) -> SavedMapping:
    """A saved mapping of the person's own. Raises NotFound."""
    mapping = mappings_of(user).filter(pk=mapping_id).first()
    if mapping is None:
        raise NotFound("There is no such mapping.")
    return mapping


def saved_for_command(name: str, owner: str | None) -> SavedMapping:
    """The mapping of this name, of any owner. Raises NotFound, and DomainError where several people did."""
    saved = SavedMapping.objects.filter(name=name).select_related("owner")
    if owner is not None:
        saved = saved.filter(owner__username=owner)
    mappings = list(saved[:2])
    if not mappings:
        raise NotFound(f"There is no mapping “{name}”.")
    if len(mappings) > 1:
        raise DomainError(f"Several people have a mapping “{name}”. Say whose you mean: --owner USER.")
    return mappings[0]


def fitting_mappings(user: AbstractUser | AnonymousUser, columns: Sequence[str]) -> list[SavedMapping]:
    """The person's mappings of tables with these columns, the last one first."""
    return list(mappings_of(user).filter(columns=sorted(columns)).order_by("-changed_at"))


def abandoned_uploads(seconds: float) -> QuerySet[TableUpload]:
    """Uploads that nobody has gone on with for so long."""
    return TableUpload.objects.filter(changed_at__lt=timezone.now() - timedelta(seconds=seconds))
