"""Files that are uploaded, within the size that is allowed."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Model
from django.template.defaultfilters import filesizeformat


def stored_arguments(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What was entered in a form of an import, as its job stores it: without files and empty fields, rows by id."""
    return {
        name: value.pk if isinstance(value, Model) else value
        for name, value in fields.items()
        if value not in (None, "") and not isinstance(value, UploadedFile)
    }


def within_limit(file: UploadedFile[bytes], *, command: str) -> UploadedFile[bytes]:
    """The file. Raises ValidationError where it is too large, with the command that takes larger ones."""
    if file.size is not None and file.size > settings.UPLOAD_MAX_BYTES:
        raise forms.ValidationError(
            f"The file has {filesizeformat(file.size)}; at most {filesizeformat(settings.UPLOAD_MAX_BYTES)} can be "
            f"uploaded. Use the command {command} for larger ones."
        )
    return file
