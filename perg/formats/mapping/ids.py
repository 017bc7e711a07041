"""Ids of several columns: in a file of pairs, a question alone does not say which two outputs are compared."""

from collections.abc import Sequence
from itertools import islice

from perg.formats.mapping.reading import UnusableRow, content_id, exhibit_of, name_in
from perg.formats.mapping.uses import TableMapping
from perg.formats.tables.layout import Row, Table

ROWS_LOOKED_AT = 20_000


def with_whole_ids(table: Table, mapping: TableMapping) -> TableMapping:
    """The mapping, with attributes added to its id until no id stands for two exhibits. Reads the table's beginning.

    What was the id then is the cluster: the question that several items share. If no attribute helps, the id stays as
    it is, and `mapped_items` names the rows. Raises TableUnreadable.
    """
    columns = mapping.of("id")
    if not columns or not mapping.of("output", "context"):
        return mapping
    rows, exhibits = _beginning(table, mapping)
    chosen, candidates = list(columns), mapping.of("attribute")
    collisions = _collisions(rows, exhibits, chosen)
    while collisions and candidates:
        counts = {column: _collisions(rows, exhibits, [*chosen, column]) for column in candidates}
        best = min(counts, key=lambda column: counts[column])
        if counts[best] == collisions:
            return mapping
        collisions = counts[best]
        chosen.append(best)
        candidates.remove(best)
    if collisions or len(chosen) == len(columns):
        return mapping
    uses = dict(mapping.columns)
    for column in chosen[len(columns) :]:
        uses[column] = uses[column].model_copy(update={"role": "id"})
    if mapping.cluster is None:
        uses[columns[0]] = uses[columns[0]].model_copy(update={"groups": True})
    return TableMapping(columns=uses)


def _beginning(table: Table, mapping: TableMapping) -> tuple[list[Row], list[str]]:
    """The first usable rows, and the id of each one's exhibit."""
    rows: list[Row] = []
    exhibits: list[str] = []
    for row in islice(table.rows(), ROWS_LOOKED_AT):
        if not isinstance(row, Row):
            continue
        try:
            exhibits.append(content_id(exhibit_of(row, mapping)))
        except UnusableRow:
            continue
        rows.append(row)
    return rows, exhibits


def _collisions(rows: Sequence[Row], exhibits: Sequence[str], columns: Sequence[str]) -> int:
    """How many rows have the id of an earlier row with another exhibit."""
    first: dict[tuple[str, ...], str] = {}
    return sum(
        first.setdefault(tuple(name_in(row.cells.get(column)) for column in columns), exhibit) != exhibit
        for row, exhibit in zip(rows, exhibits, strict=True)
    )
