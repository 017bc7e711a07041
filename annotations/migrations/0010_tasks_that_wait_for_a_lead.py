"""A task that a lead has sent to adjudication says so: labels that come later do not take it out again."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("annotations", "0009_validation")]

    operations = [
        migrations.AddField(
            model_name="task",
            name="waits_for_lead",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="A lead has sent it to adjudication, or reopened it: whatever its votes, it waits for a "
                "decision.",
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=Q(waits_for_lead=False) | Q(state="disputed"),
                name="task_waiting_for_lead_is_disputed",
                violation_error_message="What a lead has sent to adjudication waits there until it is decided.",
            ),
        ),
    ]
