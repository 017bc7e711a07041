"""The indexes that calls are claimed and counted by."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0002_result_triggers")]

    operations = [
        migrations.AddIndex(
            model_name="completion",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["endpoint", "run", "not_before", "id"],
                name="completion_pending_index",
            ),
        ),
        migrations.AddIndex(
            model_name="completion",
            index=models.Index(
                condition=models.Q(("status", "leased")),
                fields=["endpoint", "leased_until"],
                name="completion_leased_index",
            ),
        ),
        migrations.AddIndex(
            model_name="completion",
            index=models.Index(
                condition=models.Q(("status__in", ["succeeded", "refused", "failed"])),
                fields=["endpoint"],
                name="completion_finished_index",
            ),
        ),
        migrations.AddIndex(
            model_name="completion",
            index=models.Index(
                condition=models.Q(("status__in", ["refused", "failed"])),
                fields=["run"],
                name="completion_unanswered_by_run",
            ),
        ),
        migrations.AddIndex(
            model_name="completion",
            index=models.Index(
                condition=models.Q(("status__in", ["refused", "failed"])),
                fields=["endpoint", "-finished_at"],
                name="completion_unanswered_index",
            ),
        ),
    ]
