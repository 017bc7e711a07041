"""The audit log: who did what to labels, gold, campaigns and people. A database trigger refuses changes."""

from django.conf import settings
from django.db import models

from annotations.models.campaign import Campaign


class AuditEvent(models.Model):
    """One action. `actor` is empty where the platform acted by itself, or nobody was logged in.

    `subject` names what was acted on, such as `task 12`; `details` are facts on it, without any secret.
    """

    at = models.DateTimeField(auto_now_add=True)
    # Both have an index below, which is in the order in which the log is read.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="audit_events",
    )
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="audit_events",
    )
    action = models.CharField(max_length=50, help_text="Such as `label.submitted`.")
    subject = models.CharField(max_length=100, blank=True)
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-pk"]
        # What the log is filtered by, in the order in which it is read.
        indexes = [
            models.Index(fields=["campaign", "-id"], name="audit_campaign_index"),
            models.Index(fields=["action", "-id"], name="audit_action_index"),
            models.Index(fields=["actor", "-id"], name="audit_actor_index"),
            models.Index(fields=["subject", "-id"], name="audit_subject_index"),
            models.Index(fields=["at"], name="audit_time_index"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
