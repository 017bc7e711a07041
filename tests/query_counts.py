"""How many queries a page or an endpoint takes: the same for few rows and for many, and as many as are on record.

The record, `query_counts.json` beside this file, says of each what it took when somebody last looked. A test that finds
another number fails; where that number is meant, run the test with `PERG_RECORD_QUERY_COUNTS=1`, and the difference is
there to be reviewed.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

from django.db import connection
from django.test.utils import CaptureQueriesContext


class Answer(Protocol):
    """What is needed of a response, of Django's as of its test client's."""

    streaming: bool
    status_code: int

    def __iter__(self) -> Iterator[bytes]: ...


RECORD = Path(__file__).with_name("query_counts.json")
FEW = 2


def check_query_count(name: str, *, add_rows: Callable[[int], object], ask: Callable[[], Answer]) -> None:
    """`add_rows(n)` adds n of whatever the list shows; `ask()` asks for it. `name` is the route, or says more."""
    add_rows(FEW)
    _counted(ask)  # the first request of a session writes what later ones only read
    few = _counted(ask)
    add_rows(2 * FEW)
    many = _counted(ask)
    assert len(many) == len(few), "\n".join([f"{name}: {len(few)} queries, then {len(many)}:", *many])
    _compare(name, len(many))


def _counted(ask: Callable[[], Answer]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        response = ask()
        if response.streaming:
            list(response)
    assert response.status_code == HTTPStatus.OK, response.status_code
    return [query["sql"] or "(prepared)" for query in captured.captured_queries]


def _compare(name: str, count: int) -> None:
    if os.environ.get("PERG_RECORD_QUERY_COUNTS"):
        _write(name, count)
        return
    on_record = json.loads(RECORD.read_text()).get(name) if RECORD.exists() else None
    assert count == on_record, f"{name}: {count} queries; {on_record} on record (see {__name__})"


def _write(name: str, count: int) -> None:
    with RECORD.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        record = json.loads(file.read() or "{}")
        record[name] = count
        file.truncate(0)
        file.write(json.dumps(record, indent=2, sort_keys=True) + "\n")
