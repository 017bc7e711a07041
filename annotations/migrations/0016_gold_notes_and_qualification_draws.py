"""The items of each qualification attempt; a gold release's notes, and gold that rests on one label."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def draw_for_old_attempts(apps: Any, schema_editor: Any) -> None:
    """Attempts so far were at all of a campaign's items: those that were answered, in their order, then the others."""
    attempts = apps.get_model("annotations", "QualificationAttempt").objects
    tasks = apps.get_model("annotations", "Task").objects.filter(kind="qualification")
    draws = apps.get_model("annotations", "QualificationDraw")
    for attempt in attempts.select_related("member").iterator():
        items = list(attempt.answers.order_by("pk").values_list("task", flat=True))
        if attempt.finished_at is None:
            others = tasks.filter(campaign=attempt.member.campaign_id).exclude(pk__in=items)
            items += others.order_by("pk").values_list("pk", flat=True)
        draws.objects.bulk_create(
            draws(attempt=attempt, task_id=item, place=place) for place, item in enumerate(items)
        )


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0015_wrong_passwords"),
    ]

    operations = [
        migrations.AlterField(
            model_name="knownscore",
            name="explanation",
            field=models.TextField(
                blank=True, help_text="Shown once a qualification item can no longer be asked."
            ),
        ),
        migrations.CreateModel(
            name="QualificationDraw",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("place", models.PositiveSmallIntegerField()),
                (
                    "attempt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="draws",
                        to="annotations.qualificationattempt",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="qualification_draws",
                        to="annotations.task",
                    ),
                ),
            ],
            options={"ordering": ["place"]},
        ),
        migrations.AddConstraint(
            model_name="qualificationdraw",
            constraint=models.UniqueConstraint(
                fields=("attempt", "task"),
                name="qualification_draw_once",
                violation_error_message="This item is drawn for the attempt already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="qualificationdraw",
            constraint=models.UniqueConstraint(
                fields=("attempt", "place"),
                name="qualification_draw_place_unique",
                violation_error_message="An attempt has one item at each place.",
            ),
        ),
        migrations.AddField(
            model_name="goldrelease",
            name="notes",
            field=models.JSONField(
                blank=True,
                help_text="What its users should know: choices looser than the defaults, and raters below a bar.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="goldlabel",
            name="status",
            field=models.CharField(
                choices=[
                    ("unanimous", "All labels agree"),
                    ("majority", "Most labels agree"),
                    ("median", "Decided by the median"),
                    ("model", "Decided by a model of the raters"),
                    ("adjudicated", "Decided by an adjudicator"),
                    ("tied", "Tied: unresolved"),
                    ("unlabelled", "No label"),
                    ("single", "1 label"),
                ],
                max_length=12,
            ),
        ),
        migrations.RemoveConstraint(model_name="goldlabel", name="gold_followed_iff_resolved"),
        migrations.AddConstraint(
            model_name="goldlabel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("followed__isnull", False),
                    (
                        "status__in",
                        ["unanimous", "majority", "median", "model", "adjudicated", "single"],
                    ),
                )
                | models.Q(("followed__isnull", True), ("status__in", ["tied", "unlabelled"])),
                name="gold_followed_iff_resolved",
                violation_error_message="Gold is given exactly where the labels resolve it.",
            ),
        ),
        migrations.RunPython(draw_for_old_attempts, migrations.RunPython.noop, elidable=True),
    ]
