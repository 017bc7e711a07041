"""A file as a response that a broken download can go on from: one range, `If-Range`, `ETag` (RFC 9110, 13 and 14).

Django's `FileResponse` sends whole files only. Several ranges in one request, which browsers and download tools do not
ask for, get the whole file, as the RFC allows. The file itself is handed to the server, so that gunicorn's `sendfile`
sends it without reading it.
"""

import re
from datetime import datetime
from http import HTTPStatus
from io import RawIOBase
from pathlib import Path

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import http_date, parse_etags, parse_http_date_safe, quote_etag

RANGE = re.compile(r"bytes=\s*(\d*)\s*-\s*(\d*)\s*", re.IGNORECASE)
DIGITS = 18
"""A number of more digits is beyond the end of every file."""


def ranged_file_response(
    request: HttpRequest, path: Path, *, name: str, content_type: str, checksum: str, modified: datetime
) -> HttpResponseBase:
    """The file, or the requested part of it. `checksum`, which must change with the content, is its ETag.

    Raises FileNotFoundError.
    """
    etag, since = quote_etag(checksum), int(modified.timestamp())
    known = {
        "ETag": etag,
        "Last-Modified": http_date(since),
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-transform",
    }
    if _is_unchanged(request, etag, since):
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=known)
    size = path.stat().st_size
    byte_range = _byte_range(request, size) if _range_holds(request, etag, since) else None
    if byte_range == UNSATISFIABLE:
        headers = known | {"Content-Range": f"bytes */{size}"}
        return HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    first, last = byte_range or (0, size - 1)
    response = FileResponse(
        FilePart(path.open("rb", buffering=0), first, last + 1 - first),
        as_attachment=True,
        filename=name,
        content_type=content_type,
        status=HTTPStatus.OK if byte_range is None else HTTPStatus.PARTIAL_CONTENT,
        headers=known,
    )
    response.headers["Content-Length"] = str(last + 1 - first)
    if byte_range is not None:
        response.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


UNSATISFIABLE = (-1, -1)


def _is_unchanged(request: HttpRequest, etag: str, since: int) -> bool:
    """Whether the person has the file already."""
    if held := request.headers.get("If-None-Match"):
        # Compared weakly: a weak tag of the same value will do.
        return held.strip() == "*" or etag in {tag.removeprefix("W/") for tag in parse_etags(held)}
    date = parse_http_date_safe(request.headers.get("If-Modified-Since", ""))
    return date is not None and since <= date


def _range_holds(request: HttpRequest, etag: str, since: int) -> bool:
    """Whether a range counts: without a condition, or while the file is still the one that was begun."""
    condition = request.headers.get("If-Range", "").strip()
    if not condition:
        return True
    if condition.startswith(('"', "W/")):
        return condition == etag  # a weak tag never holds
    return parse_http_date_safe(condition) == since


def _byte_range(request: HttpRequest, size: int) -> tuple[int, int] | None:
    """First and last byte asked for; None for the whole file, UNSATISFIABLE for what lies outside of it."""
    match = RANGE.fullmatch(request.headers.get("Range", "").strip())
    if match is None or request.method != "GET":
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if len(first) > DIGITS:
        return UNSATISFIABLE
    end = size - 1 if not last or len(last) > DIGITS else int(last)
    if not first:  # a suffix: the last N bytes
        suffix = size if len(last) > DIGITS else int(last)
        return (max(size - suffix, 0), size - 1) if suffix and size else UNSATISFIABLE
    begin = int(first)
    if last and end < begin:
        return None  # no range at all
    return (begin, min(end, size - 1)) if begin < size else UNSATISFIABLE


class FilePart:
    """A part of an open file, as if it were all of it; closed with it."""

    def __init__(self, file: RawIOBase, first: int, length: int) -> None:
        file.seek(first)
        self._file, self._left = file, length
        self.name = ""  # FileResponse guesses from it, and would set the size of the whole file

    def read(self, size: int = -1) -> bytes:
        part = self._file.read(self._left if size < 0 else min(size, self._left)) or b""
        self._left -= len(part)
        return part

    def fileno(self) -> int:
        """For `sendfile`, which begins at the file's place and stops after Content-Length bytes."""
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()
