"""Opening a file that somebody hands in: a path or an open binary stream, read from its beginning."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from evaluation.importers.report import ImportRefused

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all."""


def no_progress(done: int, total: int) -> None:
    """Report progress to nobody."""


@contextmanager
def opened(file: Path | BinaryIO) -> Iterator[BinaryIO]:
    """The file as a binary stream at its beginning. A stream that was handed in stays open afterwards.

    Raises `ImportRefused`: `file_not_found`, `not_a_file` (a directory), `file_unreadable`.
    """
    if not isinstance(file, Path):
        file.seek(0)
        yield file
        return
    try:
        stream = file.open("rb")
    except FileNotFoundError as error:
        raise ImportRefused(f"There is no file {file}.", code="file_not_found") from error
    except IsADirectoryError as error:
        raise ImportRefused(f"{file} is a directory, not a file.", code="not_a_file") from error
    except OSError as error:
        raise ImportRefused(f"{file} cannot be read: {error.strerror}.", code="file_unreadable") from error
    with stream:
        yield stream


def size_of(stream: BinaryIO) -> int:
    """The size of a seekable stream in bytes. Leaves it at its beginning."""
    stream.seek(0, io.SEEK_END)
    size = stream.tell()
    stream.seek(0)
    return size


class CountedReader(io.RawIOBase):
    """Reads from a stream, counts the bytes and, unlike the standard wrappers, leaves the stream open."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self.bytes_done = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # Any: the buffer protocol has no type before Python 3.12
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self.bytes_done += len(data)
        return len(data)


def text_of(stream: BinaryIO) -> tuple[io.TextIOWrapper, CountedReader]:
    """The stream from its beginning as UTF-8 text, less a byte order mark, and the count of its bytes."""
    stream.seek(0)
    counted = CountedReader(stream)
    return io.TextIOWrapper(io.BufferedReader(counted, 1 << 16), encoding="utf-8-sig", newline=""), counted
