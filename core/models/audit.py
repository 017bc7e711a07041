"""The audit log: who did what. A database trigger refuses changes."""

from typing import Self

from django.conf import settings
from django.db import models


def named(row: models.Model | None) -> str:
    """How the log names a row, such as `campaign 12`; empty where there is none."""
    return f"{row._meta.verbose_name} {row.pk}" if row else ""


class AuditEvents(models.QuerySet["AuditEvent"]):
    def of(self, scope: models.Model) -> Self:
        """Those that are part of a row, such as a campaign."""
        return self.filter(scope=named(scope))

    def about(self, subject: models.Model) -> Self:
        """Those on a row, such as a task."""
        return self.filter(subject=named(subject))


class AuditEvent(models.Model):
    """One action. `actor` is empty where the platform acted by itself, or nobody was logged in.

    `subject` names what was acted on, such as `task 12`; `details` are facts on it, without any secret. The log
    knows no table but that of people, so that every app can write to it: rows are named by `named`.
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
    scope = models.CharField(
        max_length=100,
        blank=True,
        help_text="What the event is part of, such as `campaign 12`; empty: the site.",
    )
    action = models.CharField(max_length=50, help_text="Such as `label.submitted`.")
    subject = models.CharField(max_length=100, blank=True)
    details = models.JSONField(default=dict, blank=True)

    objects = AuditEvents.as_manager()

    class Meta:
        ordering = ["-pk"]
        # What the log is filtered by, in the order in which it is read.
        indexes = [
            models.Index(fields=["scope", "-id"], name="audit_scope_index"),
            models.Index(fields=["action", "-id"], name="audit_action_index"),
            models.Index(fields=["actor", "-id"], name="audit_actor_index"),
            models.Index(fields=["subject", "-id"], name="audit_subject_index"),
            models.Index(fields=["at"], name="audit_time_index"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"

    @property
    def scope_id(self) -> int | None:
        """The primary key of what the event is part of; None: the site."""
        return int(self.scope.rpartition(" ")[2]) if self.scope else None
