"""Indexes for what the audit log is filtered by."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0006_adjudicated_gold_and_withdrawn_items"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditevent",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="audit_events",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="campaign",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="audit_events",
                to="annotations.campaign",
            ),
        ),
        migrations.AddIndex(
            model_name="auditevent", index=models.Index(fields=["action", "-id"], name="audit_action_index")
        ),
        migrations.AddIndex(
            model_name="auditevent", index=models.Index(fields=["actor", "-id"], name="audit_actor_index")
        ),
        migrations.AddIndex(
            model_name="auditevent", index=models.Index(fields=["subject", "-id"], name="audit_subject_index")
        ),
        migrations.AddIndex(
            model_name="auditevent", index=models.Index(fields=["at"], name="audit_time_index")
        ),
    ]
