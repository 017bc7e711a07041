"""Labels, adjudications and gold are append-only: the database itself refuses to change or delete them."""

from django.db import migrations

TABLES = ["label", "adjudication", "goldrelease", "goldlabel"]

CREATE = "\n".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON annotations_{table} "
    "FOR EACH ROW EXECUTE FUNCTION core_append_only();"
    for table in TABLES
)
DROP = "\n".join(f"DROP TRIGGER {table}_append_only ON annotations_{table};" for table in TABLES)


class Migration(migrations.Migration):
    dependencies = [("annotations", "0001_initial"), ("core", "0002_append_only")]
    operations = [migrations.RunSQL(CREATE, DROP)]
