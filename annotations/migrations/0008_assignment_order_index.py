"""A person's assignments in the order in which they were handed out: to go back from one to the one before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0007_audit_indexes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(fields=["member", "id"], name="assignment_order_index"),
        ),
    ]
