"""Bodies of requests: of a size that is read safely, and refused where they have no one meaning or cannot be stored."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import IO, Any

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import DataAndFiles, JSONParser, MultiPartParser

from core.errors import DomainError
from core.text.strict_json import NULL, UnstorableText, strict_json

Context = Mapping[str, Any]  # Any: as REST framework declares it


class StrictJsonParser(JSONParser):
    """JSON as UTF-8, see `strict_json`."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Context | None = None
    ) -> Any:
        # Any: whatever JSON may nest
        try:
            return strict_json(_bounded(stream).decode("utf-8-sig"))
        except UnstorableText as error:
            raise ValidationError(_nested(error.path, str(error))) from error
        except ValueError as error:
            raise ParseError(f"JSON parse error: {error}.") from error


class StrictMultiPartParser(MultiPartParser):
    """Uploads. Names and texts with a null character are refused."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Context | None = None
    ) -> "DataAndFiles[Any, Any]":
        parsed = super().parse(stream, media_type, parser_context)
        for name, values in (*parsed.data.lists(), *parsed.files.lists()):
            texts = [value if isinstance(value, str) else value.name or "" for value in values]
            if any("\0" in text for text in (name, *texts)):
                raise ValidationError({name.replace("\0", ""): [NULL]})
        return parsed


def _bounded(stream: IO[bytes]) -> bytes:
    """The whole body. Raises DomainError where it is larger than a request may be without its files."""
    limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body = stream.read(limit + 1)
    if len(body) > limit:
        raise DomainError(
            f"The body is too large: at most {filesizeformat(limit)} are read.",
            code="too_large",
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )
    return body


def _nested(path: tuple[str, ...], problem: str) -> Any:
    """The problem as REST framework names places: mappings within each other."""
    # Any: a mapping of any depth, or a list of messages
    detail: Any = [problem]
    for name in reversed(path):
        detail = {name: detail}
    return detail
