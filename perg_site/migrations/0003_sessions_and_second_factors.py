"""Sessions that say whose they are, authenticator apps and recovery codes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Sessions of before do not say whose they are, so that they could not be ended: everybody logs in again, once.
FORGET = "DELETE FROM django_session"


class Migration(migrations.Migration):
    dependencies = [
        ("sessions", "0001_initial"),
        ("otp_totp", "0003_add_timestamps"),
        ("perg_site", "0002_webhooks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Authenticator",
            fields=[],
            options={
                "verbose_name": "authenticator",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("otp_totp.totpdevice",),
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code_hash", models.CharField(help_text="SHA-256 of the code, hex.", max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recovery_codes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("code_hash",),
                        name="recovery_code_unique",
                        violation_error_message="This recovery code exists already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("code_hash", ""), _negated=True),
                        name="recovery_code_not_empty",
                        violation_error_message="A recovery code has a hash.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(
                        max_length=40, primary_key=True, serialize=False, verbose_name="session key"
                    ),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                (
                    "public_id",
                    models.UUIDField(
                        help_text="Names the session without its key. Not unique while the key changes.",
                        null=True,
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=45)),
                ("user_agent", models.CharField(blank=True, max_length=200)),
                ("began_at", models.DateTimeField(null=True)),
                ("last_seen_at", models.DateTimeField(help_text="To a few minutes.", null=True)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "abstract": False,
                "indexes": [models.Index(fields=["user", "-began_at"], name="session_person_index")],
            },
        ),
        migrations.RunSQL(FORGET, migrations.RunSQL.noop),
    ]
