"""Arrow arrays out of Python cells, made of their buffers.

`pyarrow.array` does the same, and imports pandas at its first call, which stays in a worker's memory for good with some
forty megabytes.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def arrow_array(values: Sequence[Any], type: pa.DataType) -> pa.Array:
    """The cells as an array of one of the types in `parquet.ARROW`; None is absent."""
    there = np.fromiter((value is not None for value in values), dtype=np.bool_, count=len(values))
    buffers: list[pa.Buffer | None] = [None if there.all() else _bits(there)]
    if pa.types.is_list(type):
        return _lists(values, type, buffers)
    if pa.types.is_struct(type):
        children = [arrow_array([value[field.name] for value in values], field.type) for field in type.fields]
        return pa.StructArray.from_buffers(type, len(values), buffers, children=children)
    if pa.types.is_string(type):
        encoded = [b"" if value is None else str(value).encode() for value in values]
        buffers += [_offsets([len(text) for text in encoded]), pa.py_buffer(b"".join(encoded))]
    elif pa.types.is_boolean(type):
        flags = np.fromiter((bool(value) for value in values), dtype=np.bool_, count=len(values))
        buffers.append(_bits(flags))
    elif pa.types.is_timestamp(type):
        moments = (0 if value is None else (value - EPOCH) // MICROSECOND for value in values)
        buffers.append(pa.py_buffer(np.fromiter(moments, dtype=np.int64, count=len(values))))
    else:
        kind = np.float64 if pa.types.is_floating(type) else np.int64
        numbers = (0 if value is None else value for value in values)
        buffers.append(pa.py_buffer(np.fromiter(numbers, dtype=kind, count=len(values))))
    return pa.Array.from_buffers(type, len(values), buffers)


def _lists(values: Sequence[Any], type: pa.DataType, buffers: list[pa.Buffer | None]) -> pa.Array:
    children = [child for value in values for child in value or ()]
    lengths = [len(value or ()) for value in values]
    return pa.Array.from_buffers(
        type,
        len(values),
        [*buffers, _offsets(lengths)],
        children=[arrow_array(children, type.value_type)],
    )


def _offsets(lengths: Sequence[int]) -> pa.Buffer:
    return pa.py_buffer(np.cumsum([0, *lengths]).astype(np.int32))


def _bits(flags: NDArray[np.bool_]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(flags, bitorder="little"))
