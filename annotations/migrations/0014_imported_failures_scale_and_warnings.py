"""Imported ratings: failure labels, stated scale, warnings."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0013_gold_requests"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="failure_labels",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(),
                blank=True,
                help_text="Imported labels that count as failures. Empty: not stated.",
                null=True,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="import_warnings",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(),
                blank=True,
                default=list,
                help_text="Possible mistakes in imported ratings.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="rating_categories",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(),
                blank=True,
                help_text="Stated scale of imported ratings. Empty: the ratings that occur.",
                null=True,
                size=None,
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("failure_labels__isnull", True),
                    models.Q(("failure_labels__len__gte", 1), ("is_imported", True), ("scale", "nominal")),
                    _connector="OR",
                ),
                name="campaign_failure_labels_are_imported_names",
                violation_error_message="Only imported labels can count as failures.",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("rating_categories__isnull", True),
                    models.Q(("is_imported", True), ("rating_categories__len__gte", 2)),
                    _connector="OR",
                ),
                name="campaign_stated_scale_only_imported",
                violation_error_message="Only imported ratings have a stated scale, with two categories or more.",
            ),
        ),
    ]
