"""Everything that can be exported, by name."""

from annotations.exports.tables.columns import Table
from annotations.exports.tables.evaluation_tables import EVALUATION_TABLES
from annotations.exports.tables.labelling_tables import LABELLING_TABLES
from annotations.gold.table import GOLD_TABLE

TABLES: dict[str, Table] = {
    table.name: table for table in (GOLD_TABLE, *LABELLING_TABLES, *EVALUATION_TABLES)
}
