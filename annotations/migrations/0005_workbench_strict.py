"""Guidelines have moved to their versions; the audit log is append-only, as labels are."""

from django.db import migrations, models

CREATE = (
    "CREATE TRIGGER auditevent_append_only BEFORE UPDATE OR DELETE ON annotations_auditevent "
    "FOR EACH ROW EXECUTE FUNCTION annotations_append_only();"
)
DROP = "DROP TRIGGER auditevent_append_only ON annotations_auditevent;"


class Migration(migrations.Migration):
    dependencies = [("annotations", "0004_workbench_data")]
    operations = [
        migrations.RemoveField(
            model_name="campaign",
            name="guidelines",
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("max_overlap__gte", models.F("overlap"))),
                name="campaign_max_overlap_from_overlap",
                violation_error_message="The most labels of a response are no fewer than those wanted first.",
            ),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
