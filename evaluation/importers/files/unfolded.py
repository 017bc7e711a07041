"""Files that unfold to more than they are, read in a process with limited memory (`unfold`)."""

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, BinaryIO

from django.conf import settings

import evaluation
from evaluation.importers.files.unfold import READER_ENVIRONMENT
from perg.formats.tables.layout import NOTHING_STATED, StatedLayout, TableUnreadable
from perg.formats.tables.opening import Family

logger = logging.getLogger(__name__)

CHUNK = 1 << 16
MB = 1 << 20
LONGEST_LINE = 16 * MB
"""Of JSON for one row."""
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "PYTHONPATH", "LANG", "TMPDIR")
HOME = Path(evaluation.__file__).resolve().parent.parent

Line = dict[str, Any]  # Any: whatever a cell may nest


def unfolded(
    stream: BinaryIO, family: Family, stated: StatedLayout = NOTHING_STATED
) -> Generator[Line, None, None]:
    """The lines that `unfold` writes of a file of this family. Raises `TableUnreadable`."""
    command = [
        sys.executable,
        "-m",
        "evaluation.importers.files.unfold",
        family,
        str(settings.IMPORT_MEMORY_MB),
        json.dumps(asdict(stated)),
    ]
    with (
        _on_disk(stream) as file,
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(
            command,
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=complaints,
            cwd=HOME,
            # Not all of the environment: it holds secrets, and the file may be hostile.
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ} | READER_ENVIRONMENT,
        ) as process,
    ):
        try:
            yield from _lines(process, complaints)
        finally:
            process.kill()


@contextmanager
def _on_disk(stream: BinaryIO) -> Iterator[int]:
    """The descriptor of a file with the stream's content, at its beginning."""
    stream.seek(0)
    with tempfile.TemporaryFile() as copy:
        try:
            descriptor = stream.fileno()
        except (AttributeError, OSError):
            shutil.copyfileobj(stream, copy, CHUNK)
            copy.flush()
            descriptor = copy.fileno()
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor


def _lines(process: "subprocess.Popen[bytes]", complaints: IO[bytes]) -> Iterator[Line]:
    assert process.stdout is not None
    total = 0
    while raw := process.stdout.readline(LONGEST_LINE):
        total += len(raw)
        if len(raw) == LONGEST_LINE:
            raise _too_large(f"one of its rows unfolds to more than {LONGEST_LINE // MB} MB")
        if total > settings.IMPORT_UNFOLDED_BYTES:
            raise _too_large(f"it unfolds to more than {settings.IMPORT_UNFOLDED_BYTES // MB} MB")
        line: Line = json.loads(raw)
        if "error" in line:
            raise TableUnreadable(line["error"], line["code"])
        yield line
    if code := process.wait():
        complaints.seek(0)
        logger.warning("Reading a file ended with code %s: %r", code, complaints.read(2000))
        raise _too_large(f"it needs more than {settings.IMPORT_MEMORY_MB} MB of memory to read")


def _too_large(reason: str) -> TableUnreadable:
    return TableUnreadable(f"The file is too large to import: {reason}.", "too_large")
