"""A table that unfolds, as JSON lines on standard output:
`python -m evaluation.importers.files.unfold FAMILY MEGABYTES STATED < FILE`, where STATED is a `StatedLayout` as JSON.

A process of its own with a limit on its memory: a spreadsheet, Parquet or JSON file of a few kilobytes can stand for
gigabytes, and its readers hold all of that at once. The limit is for what the file adds to a process that has its
readers loaded. It counts address space, so `READER_ENVIRONMENT` turns off the reserves that libraries take for many
threads.

The first line is `{"layout": {…}, "columns": […], "notes": […], "length": …}`; each further one is a row,
`{"number", "place", "cells"}`, or a broken one, `{"number", "place", "problem"}`. A last line `{"error", "code"}` says
why there are no more.
"""

import importlib
import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from perg.formats.tables.layout import BrokenRow, StatedLayout, TableUnreadable
from perg.formats.tables.opening import open_table, recognised

TOO_LARGE = "The file is too large to import: it unfolds to more than the memory limit of {} MB."
READERS = {"parquet": "pyarrow.parquet", "workbook": "python_calamine", "json": "json"}
"""Loaded before the limit is set."""
READER_ENVIRONMENT = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # mimalloc and jemalloc reserve a gigabyte
    "MALLOC_ARENA_MAX": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


def main(family: str, megabytes: str, stated: str) -> None:
    importlib.import_module(READERS[family])
    if family == "parquet":
        _use_one_thread()
    limit = _address_space() + int(megabytes) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    try:
        _write_table(sys.stdin.buffer, family, StatedLayout(**json.loads(stated)))
    except MemoryError:
        _write({"error": TOO_LARGE.format(megabytes), "code": "too_large"})
    except TableUnreadable as error:
        _write({"error": str(error), "code": error.code})
    sys.stdout.flush()


def _write_table(stream: BinaryIO, family: str, stated: StatedLayout) -> None:
    table = open_table(stream, recognised(stream, f"file.{family}", stated))
    head = {"layout": asdict(table.layout), "columns": table.columns, "notes": table.notes}
    _write({**head, "length": table.length})
    for row in table.rows():
        place = {"number": row.number, "place": row.place}
        _write(place | ({"problem": row.problem} if isinstance(row, BrokenRow) else {"cells": row.cells}))


def _write(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line, default=str) + "\n")


def _use_one_thread() -> None:
    import pyarrow

    pyarrow.set_cpu_count(1)
    pyarrow.set_io_thread_count(1)


def _address_space() -> int:
    """Bytes that this process has mapped; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError):
        return 0
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main(*sys.argv[1:])
