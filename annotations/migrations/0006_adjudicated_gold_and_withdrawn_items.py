"""Gold by an adjudicator's decision; control and qualification items that are used no more."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0005_workbench_strict"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="goldlabel",
            name="gold_followed_iff_resolved",
        ),
        migrations.RemoveConstraint(
            model_name="task",
            name="task_kind_and_state_known",
        ),
        migrations.AlterField(
            model_name="goldlabel",
            name="score",
            field=models.FloatField(
                blank=True, help_text="Median of the labels, or the adjudicator's score.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="goldlabel",
            name="status",
            field=models.CharField(
                choices=[
                    ("unanimous", "All labels agree"),
                    ("majority", "Most labels agree"),
                    ("adjudicated", "Decided by an adjudicator"),
                    ("tied", "Tied: unresolved"),
                    ("unlabelled", "No label"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="task",
            name="kind",
            field=models.CharField(
                choices=[
                    ("regular", "Regular"),
                    ("control", "Control item"),
                    ("qualification", "Qualification item"),
                    ("withdrawn", "Withdrawn item"),
                ],
                default="regular",
                max_length=13,
            ),
        ),
        migrations.AddConstraint(
            model_name="goldlabel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("followed__isnull", False), ("status__in", ["unanimous", "majority", "adjudicated"])
                    ),
                    models.Q(("followed__isnull", True), ("status__in", ["tied", "unlabelled"])),
                    _connector="OR",
                ),
                name="gold_followed_iff_resolved",
                violation_error_message="Gold is given exactly where the labels resolve it.",
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["regular", "control", "qualification", "withdrawn"]),
                    ("state__in", ["open", "agreed", "disputed", "adjudicated"]),
                ),
                name="task_kind_and_state_known",
                violation_error_message="Kind and state are of the known ones.",
            ),
        ),
    ]
