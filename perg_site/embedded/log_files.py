"""Log files of processes that write to them directly: only ours to read, of a limited size, and a crash's lines stay.

A process keeps its log open, so a file that has grown is copied aside and emptied; every log is opened for appending.
"""

import contextlib
import os
import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

LOG_BYTES = 5_000_000
OLDER_LOGS = 3
CRASH_LOGS = 10
CRASH_BYTES = 100_000
PRIVATE = stat.S_IRUSR | stat.S_IWUSR


def open_log(path: Path) -> BinaryIO:
    """The log, open for appending, for its owner alone."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE)
    os.fchmod(descriptor, PRIVATE)
    return os.fdopen(descriptor, "ab")


def set_log_aside(path: Path) -> None:
    """Begin a new log before its process starts: `web.log` becomes `web.log.1`, that `web.log.2`, and so on."""
    if path.exists() and path.stat().st_size:
        _make_room(path)
        path.replace(_older(path, 1))


def rotate_log(path: Path) -> None:
    """Copy a log that has grown too large aside and empty it, while its process continues to write."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size <= LOG_BYTES:
            return
        _make_room(path)
        with path.open("rb") as log, open_log(_older(path, 1)) as copy:
            shutil.copyfileobj(log, copy)
        os.truncate(path, 0)


def save_crash(path: Path) -> Path:
    """Copy the end of a crashed process's log to a file of its own, beyond rotation. The newest ten stay."""
    copy = path.with_name(f"{path.stem}.crash-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}.log")
    with open_log(copy) as file:
        file.write(_end(path, CRASH_BYTES))
    for old in sorted(path.parent.glob(f"{path.stem}.crash-*.log"))[:-CRASH_LOGS]:
        old.unlink(missing_ok=True)
    return copy


def last_lines(path: Path, count: int = 12, start: int = 0) -> str:
    """The last lines of a log, from byte `start` on; empty when there is no log."""
    lines = _end(path, 20_000, start).decode(errors="replace").splitlines()
    return "\n".join(lines[-count:])


def _end(path: Path, size: int, start: int = 0) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(max(start, file.seek(0, os.SEEK_END) - size))
            return file.read()
    except OSError:
        return b""


def _older(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def _make_room(path: Path) -> None:
    _older(path, OLDER_LOGS).unlink(missing_ok=True)
    for number in range(OLDER_LOGS - 1, 0, -1):
        with contextlib.suppress(FileNotFoundError):
            _older(path, number).replace(_older(path, number + 1))
