"""Downloading a file so that it can be resumed after a broken connection or a restart of the program."""

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import httpx2

from perg.client.errors import ChecksumDiffers, NotReached
from perg.client.transport import Transport, pause

HASH_CHUNK = 1 << 20
PARTIAL_CONTENT = 206
RANGE_NOT_SATISFIABLE = 416

OnProgress = Callable[[int, int | None], None]
"""Called with the bytes downloaded so far and the size of the whole file."""


@dataclass(frozen=True, slots=True)
class Part:
    """An unfinished download: which export, of what, and the ETag of the file."""

    export: int
    of: str
    etag: str


def part_of(path: Path, *, of: str) -> Part | None:
    """The unfinished download for this path; None if there is none, or one of something else."""
    try:
        part = Part(**json.loads(_note(path).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return part if part.of == of else None


def fetch(
    transport: Transport,
    part: Part,
    path: Path,
    *,
    size: int,
    checksum: str,
    retries: int,
    on_progress: OnProgress = lambda done, size: None,
) -> None:
    """Download the file of an export to `path`, and resume from the part that is already there.

    The file gets its name only when it is complete and right: `path` is never a partial file. Raises ApiError,
    NotReached and ChecksumDiffers.
    """
    lost = 0
    while True:
        before = _here(path)
        try:
            _fetch_rest(
                transport, part_of(path, of=part.of) or part, path, size=size, on_progress=on_progress
            )
            break
        except httpx2.TransportError as error:
            # Progress resets the count: only attempts without any use up the retries.
            lost = 0 if _here(path) > before else lost + 1
            if lost > retries:
                raise NotReached(
                    f"The download was interrupted at {_here(path)} of {size} bytes: {error}"
                ) from error
            time.sleep(pause(lost))
    _check(path, checksum)
    os.replace(_partial(path), path)
    _note(path).unlink(missing_ok=True)


def forget(path: Path) -> None:
    """Discard the unfinished download for this path."""
    _partial(path).unlink(missing_ok=True)
    _note(path).unlink(missing_ok=True)


def _fetch_rest(transport: Transport, part: Part, path: Path, *, size: int, on_progress: OnProgress) -> None:
    here = _here(path)
    if here == size:
        _partial(path).touch()  # there may be nothing to fetch
        return
    # Without compression for the transfer; otherwise the parts would not fit together.
    headers = {"Accept-Encoding": "identity"}
    if here and part.etag:
        headers |= {"Range": f"bytes={here}-", "If-Range": part.etag}
    with transport.stream(f"exports/{part.export}/file/", headers) as response:
        if response.status_code == RANGE_NOT_SATISFIABLE:
            _partial(path).unlink()
            raise httpx2.ReadError("The part downloaded earlier does not belong to this file.")
        is_rest = response.status_code == PARTIAL_CONTENT
        _note(path).write_text(json.dumps(asdict(replace(part, etag=response.headers.get("ETag", "")))))
        done = here if is_rest else 0
        # Any answer but the requested rest is the whole file: it has changed, or nothing was there yet.
        with _partial(path).open("ab" if is_rest else "wb") as file:
            for chunk in response.iter_raw():
                file.write(chunk)
                done += len(chunk)
                on_progress(done, size)
    if done != size:
        raise httpx2.ReadError("The connection was closed before the end of the file.")


def _check(path: Path, checksum: str) -> None:
    digest = hashlib.sha256()
    with _partial(path).open("rb") as file:
        while chunk := file.read(HASH_CHUNK):
            digest.update(chunk)
    if digest.hexdigest() != checksum:
        forget(path)
        raise ChecksumDiffers(f"{path.name} is not what the platform has: its SHA-256 differs.")


def _here(path: Path) -> int:
    try:
        return _partial(path).stat().st_size
    except FileNotFoundError:
        return 0


def _partial(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _note(path: Path) -> Path:
    return path.with_name(path.name + ".part.json")
