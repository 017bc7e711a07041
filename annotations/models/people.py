"""People: how they come in, and how each has set up the annotation screen."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.models.campaign import Campaign
from core.db.constraints import check, unique


class InvitedRole(models.TextChoices):
    ANNOTATOR = "annotator", "Annotator"
    LEAD = "lead", "Lead"
    ADMIN = "admin", "Admin"


class Invitation(models.Model):
    """A link that lets one person in, once. Only a hash of its secret is stored.

    Annotators and leads are invited to a campaign, admins to the platform.
    """

    token_hash = models.CharField(max_length=64, help_text="SHA-256 of the secret in the link, hex.")
    role = models.CharField(max_length=10, choices=InvitedRole.choices)
    campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, null=True, blank=True, related_name="invitations"
    )
    note = models.CharField(max_length=200, blank=True, help_text="Whom it is for.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="invitations_made"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="invitations_accepted",
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            unique("invitation_token_unique", "This invitation exists already.", "token_hash"),
            check(
                "invitation_campaign_unless_admin",
                "Annotators and leads are invited to a campaign, admins to none.",
                Q(role=InvitedRole.ADMIN, campaign__isnull=True)
                | Q(role__in=[InvitedRole.ANNOTATOR, InvitedRole.LEAD], campaign__isnull=False),
            ),
            check(
                "invitation_accepted_by_somebody",
                "An accepted invitation says by whom, and cannot be revoked.",
                Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False, revoked_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk} ({self.role})"


class ScreenSettings(models.Model):
    """How a person has set up the annotation screen: `keys` maps actions to keys that differ from the usual ones."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="screen_settings"
    )
    keys = models.JSONField(default=dict, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "screen settings"

    def __str__(self) -> str:
        return f"screen settings of {self.user_id}"
