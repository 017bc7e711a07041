"""The authenticator, after django-otp's own tables, which in turn need people."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0002_append_only"), ("otp_totp", "0003_add_timestamps")]
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
    ]
