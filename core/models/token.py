"""Tokens by which programs act for a person over REST."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.db.constraints import check, not_blank, unique
from core.scopes import Scope

SOON = timedelta(days=14)


class ApiToken(models.Model):
    """A secret of one person, of which only a hash is stored: it is shown once, when it is made."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, help_text="What it is for, such as the program that uses it.")
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope.choices))
    secret_hash = models.CharField(max_length=64, help_text="SHA-256 of the secret, hex.")
    prefix = models.CharField(max_length=20, help_text="How the secret begins, to tell tokens apart.")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "API token"
        constraints = [
            unique("api_token_secret_unique", "This token exists already.", "secret_hash"),
            not_blank("api_token_name_given", "A token needs a name.", "name"),
            check(
                "api_token_scopes_known",
                "A token has at least one of the known scopes.",
                Q(scopes__len__gte=1) & Q(scopes__contained_by=Scope.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def has_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    @property
    def expires_soon(self) -> bool:
        """Whether a good token has so little time left that its owner should make another one."""
        return self.revoked_at is None and not self.has_expired and self.expires_at <= timezone.now() + SOON
