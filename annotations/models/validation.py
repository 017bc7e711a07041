"""Validation reports: whether a campaign's judges may be trusted, as computed by a worker and kept."""

from django.conf import settings as site
from django.db import models
from django.db.models import Q

from annotations.models.campaign import Campaign


class ReportStatus(models.TextChoices):
    QUEUED = "queued", "Waiting for a worker"
    COMPUTING = "computing", "Being computed"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


UNFINISHED = [ReportStatus.QUEUED, ReportStatus.COMPUTING]


class ValidationReport(models.Model):
    """A report on a campaign's judges.

    `input_hash` tells what it was computed from: another hash of the input as it is now makes the report stale.
    `attempts` counts the workers that took it up, and is what a worker that lost its lease is known by.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="validation_reports")
    status = models.CharField(max_length=9, choices=ReportStatus.choices, default=ReportStatus.QUEUED)
    settings = models.JSONField(help_text="See perg.stats.items.validation_input.ValidationSettings.")
    input_hash = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of ratings, items, settings and code version."
    )
    code_version = models.CharField(max_length=50, blank=True)
    document = models.JSONField(null=True, blank=True, help_text="The report, as programs get it.")
    failure = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    step = models.CharField(max_length=200, blank=True, help_text="What is being computed.")
    share_done = models.FloatField(default=0)
    requested_by = models.ForeignKey(
        site.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="validation_reports",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["leased_until"],
                name="report_unfinished_index",
                condition=Q(status__in=UNFINISHED),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign"],
                condition=Q(status__in=UNFINISHED),
                name="report_one_at_a_time",
                violation_error_message="Another report of this campaign is not finished yet.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=ReportStatus.values),
                name="report_status_known",
                violation_error_message="The status is one of the known ones.",
            ),
            models.CheckConstraint(
                condition=(Q(status=ReportStatus.READY, document__isnull=False) & ~Q(input_hash=""))
                | (~Q(status=ReportStatus.READY) & Q(document__isnull=True)),
                name="report_ready_iff_document",
                violation_error_message="A report has its document exactly when it is ready.",
            ),
            models.CheckConstraint(
                condition=(Q(status=ReportStatus.FAILED) & ~Q(failure=""))
                | (~Q(status=ReportStatus.FAILED) & Q(failure="")),
                name="report_failed_iff_reason",
                violation_error_message="A report says why exactly when it failed.",
            ),
            models.CheckConstraint(
                condition=Q(status=ReportStatus.COMPUTING, leased_until__isnull=False)
                | (~Q(status=ReportStatus.COMPUTING) & Q(leased_until__isnull=True)),
                name="report_computing_iff_leased",
                violation_error_message="A report has a deadline exactly while it is computed.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=UNFINISHED, finished_at__isnull=True)
                | (~Q(status__in=UNFINISHED) & Q(finished_at__isnull=False)),
                name="report_finished_has_time",
                violation_error_message="A report has an end exactly when it is finished.",
            ),
            models.CheckConstraint(
                condition=Q(share_done__gte=0, share_done__lte=1),
                name="report_share_done_is_share",
                violation_error_message="What is done is a share from 0 to 1.",
            ),
        ]

    def __str__(self) -> str:
        return f"validation report {self.pk} of {self.campaign_id} ({self.status})"
