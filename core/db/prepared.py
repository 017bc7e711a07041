"""Statements that PostgreSQL plans once for a connection, not at every call.

For the few that every label takes: planning them costs several times what running them does. The ORM's cursors put
the values into the text of a statement, so that each call is a new statement to plan; these send them beside it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections


def prepared_row(statement: str, known: Mapping[str, object] | Sequence[object]) -> tuple[Any, ...] | None:
    """The first row that the statement gives, None if it gives none. In the transaction of Django's connection.

    Whether a statement is kept as a prepared one is the connection's own matter (`prepare_threshold` in the settings).
    """
    database = connections[DEFAULT_DB_ALIAS]
    database.close_if_health_check_failed()
    database.ensure_connection()
    cursor = psycopg.Cursor(database.connection)
    with database._prepare_cursor(cursor) as wrapped:  # type: ignore[attr-defined]  # the stubs lack it
        wrapped.execute(statement, known)
        # Not `cursor.description`: it describes every column, which takes longer than reading them.
        gives_rows = cursor.pgresult is not None and cursor.pgresult.nfields > 0
        row: tuple[Any, ...] | None = wrapped.fetchone() if gives_rows else None
    return row


def the_row(statement: str, known: Mapping[str, object] | Sequence[object]) -> tuple[Any, ...]:
    """The one row of a statement that always gives one. Raises LookupError if it does not."""
    row = prepared_row(statement, known)
    if row is None:
        raise LookupError(f"No row came of {statement.strip()} with {known}")
    return row
