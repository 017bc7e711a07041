"""Everything that can be exported, by name. Each room registers its tables when the app starts (`AppConfig.ready`)."""

from functools import cache
from typing import TYPE_CHECKING

from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from annotations.exports.tables.columns import Table

_paths: list[str] = []


def register_tables(path: str) -> None:
    """Make known the tables at a path, such as `annotations.gold.table.TABLES`; they are listed in this order.

    They are imported when they are first asked for: they bring pyarrow, which most commands do without.
    """
    if path not in _paths:
        _paths.append(path)
        tables.cache_clear()


@cache
def tables() -> dict[str, "Table"]:
    """Every table by its name."""
    return {table.name: table for path in _paths for table in import_string(path)}
