"""What people answered of imported items as a table for export: a row for each label and criterion."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, Func, QuerySet, TextField

from annotations.exports.tables.columns import CURSOR_ROWS, Column, Kind, Row, Scope, Source, Table
from annotations.exports.tables.labelling_tables import CAMPAIGN, REVISIONS, SINCE, UNTIL, label_rows
from annotations.models import Label

ITEM = "assignment__task__imported_item"
COLUMNS = (
    Column("label", Kind.INTEGER, "Key of the label.", "pk"),
    Column("campaign", Kind.INTEGER, "Key of the campaign.", f"{ITEM}__campaign_id"),
    Column("campaign_name", Kind.TEXT, "Name of the campaign.", f"{ITEM}__campaign__name"),
    Column("task", Kind.INTEGER, "Key of the task.", "assignment__task_id"),
    Column("external_id", Kind.TEXT, "The item, as its owner knows it.", f"{ITEM}__external_id"),
    Column("rater", Kind.PERSON, "Who labelled.", "assignment__member__user__username"),
    Column("revision", Kind.INTEGER, "Revision of the label, from 1."),
    Column("is_current", Kind.FLAG, "Whether no later revision was there when this was exported."),
    Column("is_surplus", Kind.FLAG, "Came after its slot had gone to somebody else: no vote.", "surplus"),
    Column("is_set_aside", Kind.FLAG, "The rater's labels were set aside: no vote.", "set_aside"),
    Column(
        "swapped",
        Kind.FLAG,
        "Whether the two outputs were shown in the other order.",
        "assignment__is_swapped",
    ),
    Column("created_at", Kind.TIME, "When it was submitted."),
    Column("criterion", Kind.TEXT, "Key of the criterion.", "answers"),
    Column(
        "answer",
        Kind.TEXT,
        "Key of an option, a number, or a text; labels with | between them. “first” is the item's first output.",
        "answers",
    ),
)


def answers(scope: Scope) -> Source:
    rows = label_rows(scope).filter(answers__isnull=False)
    return Source(columns=COLUMNS, rows=lambda: _rows(rows), count=lambda limit: _count(rows, limit))


def _rows(labels: QuerySet[Label]) -> Iterator[Row]:
    paths = [column.path or column.name for column in COLUMNS[:-1]]
    for *facts, given in labels.values_list(*paths).iterator(chunk_size=CURSOR_ROWS):
        for criterion, answer in given.items():
            yield (*facts, criterion, _text(answer))


def _text(answer: Any) -> str:
    # Any: JSON, as `Label.answers` has it
    return " | ".join(answer) if isinstance(answer, list) else str(answer)


def _count(labels: QuerySet[Label], limit: int) -> int:
    keys = Func(F("answers"), function="jsonb_object_keys", output_field=TextField(), set_returning=True)
    return labels.order_by().annotate(key=keys).values("pk", "key")[:limit].count()


TABLES = (
    Table(
        "answers",
        "Answers",
        "What people answered of imported items, one row for each label and criterion.",
        COLUMNS,
        (CAMPAIGN, REVISIONS, SINCE, UNTIL),
        answers,
    ),
)
