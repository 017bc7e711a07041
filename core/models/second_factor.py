"""A second factor: an authenticator app, and recovery codes for when it is lost."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.db.constraints import not_blank, unique

LONGEST_WAIT = timedelta(minutes=15)
DOUBLINGS = 10


class Authenticator(TOTPDevice):  # type: ignore[misc]  # the library has no types
    """An authenticator app of one person: django-otp's device, with two differences.

    The app's secret is derived from `key` and the site's own SECRET_KEY, so that a copy of the database does not hold
    it. And the wait after wrong codes has a limit: someone who knows the password must not lock the owner out for days.
    """

    class Meta:
        proxy = True
        verbose_name = "authenticator"

    @property
    def bin_key(self) -> bytes:
        seed = f"{self.user_id}:{self.key}"
        return salted_hmac("perg_site.second_factor", seed, algorithm="sha256").digest()[:20]

    def verify_is_allowed(self) -> tuple[bool, dict[str, object] | None]:
        """As django-otp's: whether a code is looked at now, and if not, `locked_until`."""
        count, failed_at = self.throttling_failure_count, self.throttling_failure_timestamp
        if not count or failed_at is None:
            return True, None
        wait = min(timedelta(seconds=2 ** min(count - 1, DOUBLINGS)), LONGEST_WAIT)
        if timezone.now() >= failed_at + wait:
            return True, None
        return False, {"locked_until": failed_at + wait}


class RecoveryCode(models.Model):
    """A code that replaces the authenticator, once. Only a hash is stored: the code is random, and long."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    code_hash = models.CharField(max_length=64, help_text="SHA-256 of the code, hex.")
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            unique("recovery_code_unique", "This recovery code exists already.", "code_hash"),
            not_blank("recovery_code_not_empty", "A recovery code has a hash.", "code_hash"),
        ]

    def __str__(self) -> str:
        return f"recovery code {self.pk}"
