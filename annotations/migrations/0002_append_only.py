"""Labels, adjudications and gold are append-only: the database itself refuses to change or delete them."""

from django.db import migrations

TABLES = ["label", "adjudication", "goldrelease", "goldlabel"]

CREATE = """
CREATE FUNCTION annotations_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
""" + "\n".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON annotations_{table} "
    "FOR EACH ROW EXECUTE FUNCTION annotations_append_only();"
    for table in TABLES
)
DROP = "\n".join(f"DROP TRIGGER {table}_append_only ON annotations_{table};" for table in TABLES) + (
    "\nDROP FUNCTION annotations_append_only();"
)


class Migration(migrations.Migration):
    dependencies = [("annotations", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
