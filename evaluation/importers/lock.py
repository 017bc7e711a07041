"""One import writes at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

_IMPORTS = 0x50455247  # "PERG": the number of the advisory lock, any number that nobody else takes


@contextmanager
def one_import_at_a_time() -> Iterator[None]:
    """One transaction, entered by one importer at a time; after any failure nothing of it is left.

    Imports share datasets, catalogues and questions. Two at once would wait for each other's rows in
    different orders and end in deadlocks, or both find a name free. They take seconds, so they may as well
    queue; the lock goes with the transaction, whatever becomes of it.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_IMPORTS])
        yield
