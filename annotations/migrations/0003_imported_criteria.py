"""Imported ratings belong to a criterion and an item, which have rows of their own."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

# Each imported campaign had the one criterion that its own columns described.
MOVE = """
    INSERT INTO annotations_criterion (
        campaign_id, position, key, part_of, question, definition, kind, scale, categories, failure_labels,
        threshold, warnings
    )
    SELECT id, 0, 'rating', '', '', '{}', CASE scale WHEN 'interval' THEN 'numeric' ELSE scale END, scale,
        rating_categories, failure_labels, rating_threshold, import_warnings
    FROM annotations_campaign WHERE is_imported;

    INSERT INTO annotations_importeditem (campaign_id, external_id, position, cluster, exhibit, attributes)
    SELECT campaign_id, item_name, row_number() OVER (PARTITION BY campaign_id ORDER BY min(id)) - 1, '', '{}', '{}'
    FROM annotations_importedrating GROUP BY campaign_id, item_name;

    UPDATE annotations_importedrating AS rating SET criterion_id = criterion.id, item_id = item.id
    FROM annotations_criterion AS criterion, annotations_importeditem AS item
    WHERE criterion.campaign_id = rating.campaign_id
        AND item.campaign_id = rating.campaign_id AND item.external_id = rating.item_name;

    UPDATE annotations_validationreport AS report SET criterion_id = criterion.id
    FROM annotations_criterion AS criterion WHERE criterion.campaign_id = report.campaign_id;

    -- The columns cannot be altered while rows wait for their foreign keys to be checked.
    SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("annotations", "0002_append_only")]
    operations = [
        migrations.CreateModel(
            name="Criterion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        help_text="Place among the campaign's criteria, from 0."
                    ),
                ),
                ("key", models.CharField(max_length=120)),
                (
                    "part_of",
                    models.CharField(
                        blank=True, help_text="The question whose label this is.", max_length=120
                    ),
                ),
                ("question", models.TextField(blank=True)),
                (
                    "definition",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="A perg.rubrics.criterion.Criterion, so that it can be asked. Empty: only ratings are known.",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("binary", "Yes or no"),
                            ("ordinal", "Ordered levels"),
                            ("nominal", "One of several labels"),
                            ("pairwise", "The better of two outputs"),
                            ("numeric", "A number"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "scale",
                    models.CharField(
                        choices=[
                            ("nominal", "Nominal: names without an order"),
                            ("ordinal", "Ordinal: an order"),
                            ("interval", "Interval: distances"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        help_text="All possible answers, from the lowest. Empty: those that occur.",
                        null=True,
                        size=None,
                    ),
                ),
                (
                    "failure_labels",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        help_text="Answers on a nominal scale that count as failures. Empty: not stated.",
                        null=True,
                        size=None,
                    ),
                ),
                (
                    "threshold",
                    models.FloatField(
                        blank=True, help_text="Lower answers count as failures. Empty: not stated.", null=True
                    ),
                ),
                (
                    "warnings",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        help_text="Possible mistakes in its ratings.",
                        size=None,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "criteria",
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="ImportedItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("external_id", models.CharField(max_length=400)),
                ("position", models.PositiveIntegerField(help_text="Place in the file, from 0.")),
                (
                    "cluster",
                    models.CharField(
                        blank=True,
                        help_text="What it shares with other items. Empty: nothing.",
                        max_length=400,
                    ),
                ),
                ("exhibit", models.JSONField(blank=True, default=dict)),
                ("attributes", models.JSONField(blank=True, default=dict, help_text="Name to value.")),
            ],
            options={
                "ordering": ["position"],
            },
        ),
        migrations.AddField(
            model_name="criterion",
            name="campaign",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="criteria",
                to="annotations.campaign",
            ),
        ),
        migrations.AddField(
            model_name="importeditem",
            name="campaign",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="imported_items",
                to="annotations.campaign",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="campaign",
            name="campaign_own_scale_only_imported",
        ),
        migrations.RemoveConstraint(
            model_name="campaign",
            name="campaign_names_have_no_threshold",
        ),
        migrations.RemoveConstraint(
            model_name="campaign",
            name="campaign_failure_labels_are_imported_names",
        ),
        migrations.RemoveConstraint(
            model_name="campaign",
            name="campaign_stated_scale_only_imported",
        ),
        migrations.RemoveConstraint(
            model_name="goldrequest",
            name="goldrequest_one_at_a_time",
        ),
        migrations.RemoveConstraint(
            model_name="importedrating",
            name="imported_rating_once",
        ),
        migrations.RemoveConstraint(
            model_name="importedrating",
            name="imported_rating_whole",
        ),
        migrations.RemoveConstraint(
            model_name="validationreport",
            name="validationreport_one_at_a_time",
        ),
        migrations.RenameField(model_name="importedrating", old_name="item", new_name="item_name"),
        migrations.AddField(
            model_name="importedrating",
            name="criterion",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="ratings",
                to="annotations.criterion",
            ),
        ),
        migrations.AddField(
            model_name="importedrating",
            name="item",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="ratings",
                to="annotations.importeditem",
            ),
        ),
        migrations.AddField(
            model_name="importedrating",
            name="explanation",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="importedrating",
            name="swapped",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="validationreport",
            name="criterion",
            field=models.ForeignKey(
                blank=True,
                help_text="Of imported ratings. Empty: the campaign's rubric.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="validation_reports",
                to="annotations.criterion",
            ),
        ),
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="importedrating",
            name="criterion",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="ratings",
                to="annotations.criterion",
            ),
        ),
        migrations.AlterField(
            model_name="importedrating",
            name="item",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="ratings",
                to="annotations.importeditem",
            ),
        ),
        migrations.RemoveField(model_name="importedrating", name="item_name"),
        migrations.RemoveField(
            model_name="campaign",
            name="failure_labels",
        ),
        migrations.RemoveField(
            model_name="campaign",
            name="import_warnings",
        ),
        migrations.RemoveField(
            model_name="campaign",
            name="rating_categories",
        ),
        migrations.RemoveField(
            model_name="campaign",
            name="rating_threshold",
        ),
        migrations.RemoveField(
            model_name="campaign",
            name="scale",
        ),
        migrations.RemoveField(
            model_name="importedrating",
            name="campaign",
        ),
        migrations.AddConstraint(
            model_name="goldrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["queued", "writing"])),
                fields=("campaign",),
                name="goldrequest_one_at_a_time",
                nulls_distinct=False,
                violation_error_message="Another one is not finished yet.",
            ),
        ),
        migrations.AlterConstraint(
            model_name="campaign",
            name="campaign_rubric_unless_imported",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_imported", True), ("rubric__isnull", False), _connector="OR"),
                name="campaign_rubric_unless_imported",
                violation_error_message="A campaign has a rubric, except one of imported ratings.",
            ),
        ),
        migrations.AddConstraint(
            model_name="validationreport",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["queued", "computing"])),
                fields=("campaign", "criterion"),
                name="validationreport_one_at_a_time",
                nulls_distinct=False,
                violation_error_message="Another one is not finished yet.",
            ),
        ),
        migrations.AddConstraint(
            model_name="importedrating",
            constraint=models.UniqueConstraint(
                fields=("criterion", "item", "rater", "swapped"),
                name="imported_rating_once",
                violation_error_message="This rater has rated this item already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="importedrating",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("rater", ""), _negated=True), models.Q(("value", ""), _negated=True)
                ),
                name="imported_rating_whole",
                violation_error_message="A rating has a rater and a value.",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.UniqueConstraint(
                fields=("campaign", "key"),
                name="criterion_key_once",
                violation_error_message="The campaign has this criterion already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.UniqueConstraint(
                fields=("campaign", "position"),
                name="criterion_position_once",
                violation_error_message="Another criterion has this place.",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.CheckConstraint(
                condition=models.Q(("key", ""), _negated=True),
                name="criterion_has_key",
                violation_error_message="A criterion has a key.",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["binary", "ordinal", "nominal", "pairwise", "numeric"]),
                    ("scale__in", ["nominal", "ordinal", "interval"]),
                ),
                name="criterion_kind_and_scale_known",
                violation_error_message="The kind is one of the known ones.",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("scale", "nominal"), _negated=True),
                    ("threshold__isnull", True),
                    _connector="OR",
                ),
                name="criterion_names_have_no_threshold",
                violation_error_message="Names without an order cannot be cut at a threshold.",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("failure_labels__isnull", True),
                    models.Q(("failure_labels__len__gte", 1), ("scale", "nominal")),
                    _connector="OR",
                ),
                name="criterion_failure_labels_are_names",
                violation_error_message="Only names without an order are failures one by one.",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("categories__isnull", True), ("categories__len__gte", 2), _connector="OR"
                ),
                name="criterion_scale_has_two_categories",
                violation_error_message="A stated scale has two categories or more.",
            ),
        ),
        migrations.AddConstraint(
            model_name="importeditem",
            constraint=models.UniqueConstraint(
                fields=("campaign", "external_id"),
                name="imported_item_once",
                violation_error_message="The campaign has this item already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="importeditem",
            constraint=models.UniqueConstraint(
                fields=("campaign", "position"),
                name="imported_item_position_once",
                violation_error_message="Another item has this place.",
            ),
        ),
        migrations.AddConstraint(
            model_name="importeditem",
            constraint=models.CheckConstraint(
                condition=models.Q(("external_id", ""), _negated=True),
                name="imported_item_has_id",
                violation_error_message="An item has an id.",
            ),
        ),
    ]
