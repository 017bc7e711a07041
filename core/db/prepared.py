"""Statements that PostgreSQL plans once for a connection, not at every call.

For the few that every label takes: planning them costs several times what running them does. The ORM's cursors put
the values into the text of a statement, so that each call is a new statement to plan; these send them beside it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections


def prepared_row(statement: str, values: Mapping[str, object] | Sequence[object]) -> tuple[Any, ...] | None:
    """The first row that a query gives, None if it gives none. In the transaction of Django's connection.

    psycopg prepares a statement that comes again (`prepare_threshold` in the settings).
    """
    database = connections[DEFAULT_DB_ALIAS]
    database.close_if_health_check_failed()
    database.ensure_connection()
    # Any: the stubs know no cursors but Django's own
    wrap: Any = database.make_debug_cursor if database.queries_logged else database.make_cursor
    with wrap(psycopg.Cursor(database.connection)) as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def the_row(statement: str, values: Mapping[str, object] | Sequence[object]) -> tuple[Any, ...]:
    """The one row of a statement that always gives one. Raises LookupError if it does not."""
    row = prepared_row(statement, values)
    if row is None:
        raise LookupError(f"No row came of {statement.strip()} with {values}")
    return row
