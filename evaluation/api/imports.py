"""Files that come in over REST."""

from typing import BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from rest_framework.exceptions import ValidationError


def content_of(file: UploadedFile[bytes]) -> BinaryIO:
    """What was uploaded. Raises ValidationError where it is too large."""
    limit = settings.UPLOAD_MAX_BYTES
    if file.size is not None and file.size > limit:
        raise ValidationError(
            {"file": [f"It has {filesizeformat(file.size)}; at most {filesizeformat(limit)} are taken."]}
        )
    return cast(BinaryIO, file.file)
