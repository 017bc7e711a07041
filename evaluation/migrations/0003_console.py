"""What the console's pages need: how a judge is sampled, budgets of catalogue builds, and indexes on what went wrong."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("evaluation", "0002_engine"),
    ]

    operations = [
        migrations.AddField(
            model_name="cataloguebuild",
            name="money_budget",
            field=models.DecimalField(
                blank=True,
                decimal_places=4,
                help_text="US dollars; none: no limit. Questions that it has no room for are not asked.",
                max_digits=12,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="cataloguebuild",
            name="spent_before",
            field=models.DecimalField(
                decimal_places=8,
                default=0,
                help_text="US dollars for calls that led to nothing, so that their questions were asked again.",
                max_digits=14,
            ),
        ),
        migrations.AddField(
            model_name="judge",
            name="temperature",
            field=models.FloatField(
                blank=True, help_text="Empty: 0 for the first rating, 1 for further ones.", null=True
            ),
        ),
        migrations.AddField(
            model_name="judge",
            name="max_tokens",
            field=models.PositiveIntegerField(default=1024, help_text="Of a reply, thinking included."),
        ),
        migrations.AddConstraint(
            model_name="cataloguebuild",
            constraint=models.CheckConstraint(
                condition=models.Q(("money_budget__isnull", True), ("money_budget__gt", 0), _connector="OR"),
                name="build_money_budget_positive",
                violation_error_message="A money budget is above 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="judge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("temperature__isnull", True),
                    models.Q(("temperature__gte", 0), ("temperature__lte", 2)),
                    _connector="OR",
                ),
                name="judge_temperature_in_range",
                violation_error_message="A temperature is from 0 to 2.",
            ),
        ),
        migrations.AddConstraint(
            model_name="judge",
            constraint=models.CheckConstraint(
                condition=models.Q(("max_tokens__gte", 1)),
                name="judge_max_tokens_positive",
                violation_error_message="A reply has at least one token.",
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
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                condition=models.Q(("status", "failed")), fields=["run", "id"], name="item_failed_index"
            ),
        ),
    ]
