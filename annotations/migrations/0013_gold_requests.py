"""Gold releases are asked for; a worker makes those of large campaigns."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0012_gold_criteria_and_exports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="GoldRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "criteria",
                    models.JSONField(help_text="See annotations.agreement.gold_criteria.GoldCriteria."),
                ),
                (
                    "seen",
                    models.CharField(
                        blank=True,
                        help_text="Fingerprint of the preview: nothing else is released.",
                        max_length=64,
                    ),
                ),
                (
                    "submission_key",
                    models.UUIDField(
                        blank=True,
                        help_text="Made with the page: the same submission twice is one release.",
                        null=True,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting for a worker"),
                            ("writing", "Being written"),
                            ("released", "Released"),
                            ("failed", "Not released"),
                        ],
                        default="queued",
                        max_length=8,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                (
                    "tasks",
                    models.PositiveIntegerField(
                        blank=True, help_text="That go in, once it is known.", null=True
                    ),
                ),
                ("written", models.PositiveIntegerField(default=0, help_text="Of these, so far.")),
                ("failure", models.CharField(blank=True, max_length=500)),
                (
                    "failure_code",
                    models.CharField(blank=True, help_text="The same for programs.", max_length=40),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="gold_requests",
                        to="annotations.campaign",
                    ),
                ),
                (
                    "release",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="request",
                        to="annotations.goldrelease",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gold_requests",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["queued", "writing"])),
                        fields=["leased_until"],
                        name="gold_request_unfinished_index",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["queued", "writing"])),
                        fields=("campaign",),
                        name="gold_request_one_at_a_time",
                        violation_error_message="Another release of this campaign is being made.",
                    ),
                    models.UniqueConstraint(
                        fields=("campaign", "submission_key"),
                        name="gold_request_submission_once",
                        violation_error_message="This release was asked for already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["queued", "writing", "released", "failed"])),
                        name="gold_request_status_known",
                        violation_error_message="The status is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("release__isnull", False), ("status", "released")),
                            models.Q(
                                models.Q(("status", "released"), _negated=True), ("release__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="gold_request_released_iff_release",
                        violation_error_message="A request has its release exactly when it is released.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("status", "failed"),
                                models.Q(("failure", ""), _negated=True),
                                models.Q(("failure_code", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("status", "failed"), _negated=True),
                                ("failure", ""),
                                ("failure_code", ""),
                            ),
                            _connector="OR",
                        ),
                        name="gold_request_failed_iff_reason",
                        violation_error_message="A request says why exactly when it failed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("leased_until__isnull", False), ("status", "writing")),
                            models.Q(
                                models.Q(("status", "writing"), _negated=True), ("leased_until__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="gold_request_writing_iff_leased",
                        violation_error_message="A request has a deadline exactly while its release is written.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", True), ("status__in", ["queued", "writing"])),
                            models.Q(
                                models.Q(("status__in", ["queued", "writing"]), _negated=True),
                                ("finished_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="gold_request_finished_has_time",
                        violation_error_message="A request has an end exactly when it is finished.",
                    ),
                ],
            },
        ),
    ]
