"""A file that unfolds, as JSON lines: `python -m evaluation.importers.files.unfold KIND MEGABYTES < FILE`.

A process of its own with a limit on its memory: a Parquet or JSON file of a few kilobytes can stand for gigabytes, and
its readers hold all of that at once. The limit is for what the file adds to a process that has its readers loaded. It
counts address space, so `READER_ENVIRONMENT` turns off the reserves that libraries take for many threads.

Each line is `{"row": …}`, the first one `{"columns": […]}` where the file has columns; a last line `{"error": …}` says
why there are no more.

KIND is `parquet`, or `json`: a list of objects, or an object with such a list under "data".
"""

import json
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from core.text.json_text import read_json

BATCH = 50
TOO_LARGE = "it unfolds to more than the memory limit of {} MB"
READER_ENVIRONMENT = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # mimalloc and jemalloc reserve a gigabyte
    "MALLOC_ARENA_MAX": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


class _Unreadable(ValueError):
    """Why the file cannot be read; completes "The file cannot be read as …: …"."""


Reader = Callable[[BinaryIO], Iterator[dict[str, Any]]]


def parquet_reader() -> Reader:
    import pyarrow
    import pyarrow.parquet

    pyarrow.set_cpu_count(1)
    pyarrow.set_io_thread_count(1)

    def parquet_lines(stream: BinaryIO) -> Iterator[dict[str, Any]]:
        try:
            file = pyarrow.parquet.ParquetFile(stream)
            yield {"columns": file.schema_arrow.names, "rows": file.metadata.num_rows}
            for batch in file.iter_batches(batch_size=BATCH, use_threads=False):
                for number in range(batch.num_rows):
                    yield {"row": batch.slice(number, 1).to_pylist()[0]}
        except (pyarrow.ArrowException, OSError) as error:
            if isinstance(error, MemoryError):
                raise
            raise _Unreadable(str(error)[:300]) from error

    return parquet_lines


def json_reader() -> Reader:
    return json_lines


def json_lines(stream: BinaryIO) -> Iterator[dict[str, Any]]:
    content = _document(stream)
    if isinstance(content, dict):
        content = content.get("data")
    if not isinstance(content, list):
        raise _Unreadable('it must be a list of objects, or an object with such a list under "data"')
    columns = {name: None for row in content if isinstance(row, dict) for name in row}
    yield {"columns": list(columns), "rows": len(content)}
    for row in content:
        yield {"row": row}


def _document(stream: BinaryIO) -> Any:  # Any: whatever JSON may nest
    try:
        return read_json(stream.read().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _Unreadable(str(error)[:300]) from error


READERS: dict[str, Callable[[], Reader]] = {"parquet": parquet_reader, "json": json_reader}


def _address_space() -> int:
    """Bytes that this process has mapped; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError):
        return 0
    return pages * resource.getpagesize()


def main(kind: str, megabytes: str) -> None:
    read = READERS[kind]()
    limit = _address_space() + int(megabytes) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    write = sys.stdout.write
    try:
        for line in read(sys.stdin.buffer):
            write(json.dumps(line, default=str) + "\n")
    except MemoryError:
        write(json.dumps({"error": TOO_LARGE.format(megabytes), "too_large": True}) + "\n")
    except (_Unreadable, ValueError, RecursionError) as error:
        write(json.dumps({"error": str(error)}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
