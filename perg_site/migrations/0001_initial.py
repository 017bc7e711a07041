import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("core", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Webhook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("url", models.URLField(max_length=500)),
                ("secret_seed", models.CharField(editable=False, max_length=64)),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("run.finished", "A run has finished"),
                                ("run.failed", "A run has failed, was cancelled, or has reached its budget"),
                                ("campaign.completed", "A campaign has all its labels and decisions"),
                                ("report.ready", "A validation report is ready"),
                                ("gold.released", "Gold has been released"),
                            ],
                            max_length=30,
                        ),
                        size=None,
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(default=True, help_text="Nothing is sent to a paused one."),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="webhooks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name",),
                        name="webhook_name_unique",
                        violation_error_message="A webhook has this name already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("name", ""), _negated=True),
                            models.Q(("url", ""), _negated=True),
                            models.Q(("secret_seed", ""), _negated=True),
                        ),
                        name="webhook_complete",
                        violation_error_message="A webhook has a name, an address and a secret.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "events__contained_by",
                                [
                                    "run.finished",
                                    "run.failed",
                                    "campaign.completed",
                                    "report.ready",
                                    "gold.released",
                                ],
                            ),
                            ("events__len__gte", 1),
                        ),
                        name="webhook_events_known",
                        violation_error_message="A webhook has at least one of the known events.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "webhook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="perg_site.webhook",
                    ),
                ),
                (
                    "event_id",
                    models.UUIDField(
                        help_text="The same for every webhook, attempt and repetition of one event."
                    ),
                ),
                (
                    "event",
                    models.CharField(
                        choices=[
                            ("run.finished", "A run has finished"),
                            ("run.failed", "A run has failed, was cancelled, or has reached its budget"),
                            ("campaign.completed", "A campaign has all its labels and decisions"),
                            ("report.ready", "A validation report is ready"),
                            ("gold.released", "Gold has been released"),
                            ("ping", "A test"),
                        ],
                        max_length=30,
                    ),
                ),
                ("payload", models.JSONField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sending", "Being sent"),
                            ("delivered", "Delivered"),
                            ("failed", "Given up"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("next_attempt_at", models.DateTimeField(blank=True, null=True)),
                ("response_status", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "response_body",
                    models.TextField(
                        blank=True, validators=[django.core.validators.MaxLengthValidator(2000)]
                    ),
                ),
                ("error", models.CharField(blank=True, max_length=500)),
                (
                    "duration",
                    models.FloatField(blank=True, help_text="Seconds that the last attempt took.", null=True),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(fields=["webhook", "-id"], name="delivery_log_index"),
                    models.Index(
                        condition=models.Q(("status", "waiting")),
                        fields=["webhook", "next_attempt_at"],
                        name="delivery_due_index",
                    ),
                    models.Index(
                        condition=models.Q(("status", "sending")),
                        fields=["leased_until"],
                        name="delivery_sending_index",
                    ),
                    models.Index(fields=["finished_at"], name="delivery_finished_index"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["waiting", "sending", "delivered", "failed"])),
                        name="delivery_status_known",
                        violation_error_message="The status is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "sending"), ("leased_until__isnull", False)),
                            models.Q(
                                models.Q(("status", "sending"), _negated=True), ("leased_until__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="delivery_running_iff_leased",
                        violation_error_message="A lease runs exactly while a worker is at it.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["waiting", "sending"]), ("finished_at__isnull", True)),
                            models.Q(
                                models.Q(("status__in", ["waiting", "sending"]), _negated=True),
                                ("finished_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="delivery_finished_has_time",
                        violation_error_message="There is an end exactly when it is finished.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "event__in",
                                [
                                    "run.finished",
                                    "run.failed",
                                    "campaign.completed",
                                    "report.ready",
                                    "gold.released",
                                    "ping",
                                ],
                            )
                        ),
                        name="delivery_event_known",
                        violation_error_message="The event is one of the known ones.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("next_attempt_at__isnull", False), ("status", "waiting")),
                            models.Q(
                                models.Q(("status", "waiting"), _negated=True),
                                ("next_attempt_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="delivery_waiting_iff_due",
                        violation_error_message="A delivery has a time for its next attempt exactly while it waits.",
                    ),
                ],
            },
        ),
    ]
