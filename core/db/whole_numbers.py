"""Rows of whole numbers, straight out of the database into an array: a million judgments without a million tuples."""

from typing import Any

import numpy as np
from django.db import connection
from django.db.models import QuerySet
from numpy.typing import NDArray


def whole_numbers(rows: QuerySet[Any, tuple[int | None, ...]]) -> NDArray[np.int64]:
    """What a `values_list` of whole numbers gives, in any order: (rows, columns). PostgreSQL packs it into one value.

    Raises:
        ValueError: a null, for which there is no whole number.
    """
    statement, parameters = rows.query.sql_with_params()
    width = len(rows.query.values_select)
    names = ", ".join(f"c{column}" for column in range(width))
    packed = " || ".join(f"int8send(c{column})" for column in range(width))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), string_agg({packed}, '') FROM ({statement}) AS rows ({names})", parameters
        )
        count, data = cursor.fetchone()
    numbers = np.frombuffer(data or b"", dtype=">i8").reshape(-1, width)
    if numbers.shape[0] != count:
        raise ValueError("a whole number is missing")
    return numbers.astype(np.int64)
