"""Stored responses, returned when a request is repeated."""

from django.conf import settings
from django.db import models

from core.db.constraints import unique


class IdempotencyKey(models.Model):
    """The answer to a request that came with the header `Idempotency-Key`.

    The row is written in the transaction of the work itself: it is there if and only if the work was done, so that a
    crash between the two cannot be.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="idempotency_keys"
    )
    key = models.CharField(max_length=200)
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=500)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body, hex.")
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            unique("idempotency_key_unique", "This key has been used already.", "user", "key"),
        ]
        indexes = [models.Index(fields=["expires_at"], name="idempotency_key_expiry")]

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({self.key})"
