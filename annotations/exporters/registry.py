"""Everything that can be exported, by name."""

from annotations.exporters.columns import Table
from annotations.exporters.evaluation_tables import EVALUATION_TABLES
from annotations.exporters.gold_table import GOLD_TABLE
from annotations.exporters.labelling_tables import LABELLING_TABLES

TABLES: dict[str, Table] = {
    table.name: table for table in (GOLD_TABLE, *LABELLING_TABLES, *EVALUATION_TABLES)
}
