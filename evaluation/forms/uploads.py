"""Files that are uploaded, within the size that is allowed."""

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat


def within_limit(file: UploadedFile[bytes], *, command: str) -> UploadedFile[bytes]:
    """The file. Raises ValidationError where it is too large, with the command that takes larger ones."""
    if file.size is not None and file.size > settings.UPLOAD_MAX_BYTES:
        raise forms.ValidationError(
            f"The file has {filesizeformat(file.size)}; at most {filesizeformat(settings.UPLOAD_MAX_BYTES)} can be "
            f"uploaded. Use the command {command} for larger ones."
        )
    return file
