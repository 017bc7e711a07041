"""Uploaded tables that were read and checked, without a file."""

import uuid

from django.utils import timezone

from annotations.item_import.tables.checking import checked_table
from annotations.item_import.tables.documents import ColumnFacts, TableReading
from annotations.item_import.tables.outcome import outcome_of
from annotations.models import SavedMapping, TableUpload
from core.models import User
from perg.formats.mapping.uses import ColumnUse, TableMapping
from perg.formats.tables.layout import Row, Table, TableLayout

MAPPING = TableMapping(
    columns={
        "id": ColumnUse(role="id"),
        "answer": ColumnUse(role="output"),
        "anna": ColumnUse(role="rating", rater="anna"),
        "gpt": ColumnUse(role="rating", rater="gpt", rater_kind="judge"),
    }
)


def table_upload(person: User, **values: object) -> TableUpload:
    """A table of two items with two ratings each, checked; its file is not there."""
    layout, columns = TableLayout("delimited", "utf-8"), tuple(MAPPING.columns)
    rows = [
        Row(number, number + 1, {"id": f"q{number}", "answer": f"The answer {number}.", "anna": 1, "gpt": 5})
        for number in (1, 2)
    ]
    table = Table(layout, columns, (), lambda: iter(rows), len(rows))
    reading = TableReading(
        layout=layout,
        rows=2,
        broken_rows=0,
        broken=(),
        columns=tuple(
            ColumnFacts(
                name=name,
                filled=2,
                missing=0,
                distinct=2,
                smallest=None,
                largest=None,
                longest=20,
                examples=(name,),
            )
            for name in columns
        ),
        notes=(),
        guess=MAPPING,
    )
    outcome = outcome_of(checked_table(table, MAPPING, ()), MAPPING, columns, ())
    usual: dict[str, object] = {
        "file_name": "ours.csv",
        "size": 100,
        "folder": uuid.uuid4().hex,
        "campaign_name": "ours",
        "phase": "checking",
        "status": "ready",
        "reading": reading.dumped(),
        "mapping": MAPPING.model_dump(mode="json"),
        "outcome": outcome.dumped(),
        "finished_at": timezone.now(),
    }
    return TableUpload.objects.create(requested_by=person, **usual | values)


def saved_mapping(person: User, name: str = "ours") -> SavedMapping:
    """A mapping for tables such as `table_upload` makes."""
    return SavedMapping.objects.create(
        owner=person, name=name, columns=sorted(MAPPING.columns), mapping=MAPPING.model_dump(mode="json")
    )
