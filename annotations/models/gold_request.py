"""Releases that were asked for: those of large campaigns are made by a worker, and tell how far they are."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.models.campaign import Campaign
from annotations.models.gold import GoldRelease


class GoldRequestStatus(models.TextChoices):
    QUEUED = "queued", "Waiting for a worker"
    WRITING = "writing", "Being written"
    RELEASED = "released", "Released"
    FAILED = "failed", "Not released"


UNFINISHED = [GoldRequestStatus.QUEUED, GoldRequestStatus.WRITING]

BROKEN_OFF = "broken_off"
WORKER_LOST = "worker_lost"
RETRYABLE = (BROKEN_OFF, WORKER_LOST)
"""Codes of what the platform, not the person, has to mend: trying again may help."""


class GoldRequest(models.Model):
    """A release that somebody asked for, by which criteria, and what has become of it.

    The release is made in one transaction with the end of its request, so that neither is there without the other.
    `attempts` counts the workers that took it up, and is what a worker that lost its lease is known by.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="gold_requests")
    criteria = models.JSONField(help_text="See perg.stats.gold.gold_criteria.GoldCriteria.")
    seen = models.CharField(
        max_length=64, blank=True, help_text="Fingerprint of the preview: nothing else is released."
    )
    submission_key = models.UUIDField(
        null=True, blank=True, help_text="Made with the page: the same submission twice is one release."
    )
    status = models.CharField(
        max_length=8, choices=GoldRequestStatus.choices, default=GoldRequestStatus.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    tasks = models.PositiveIntegerField(null=True, blank=True, help_text="That go in, once it is known.")
    written = models.PositiveIntegerField(default=0, help_text="Of these, so far.")
    release = models.OneToOneField(
        GoldRelease, on_delete=models.PROTECT, null=True, blank=True, related_name="request"
    )
    failure = models.CharField(max_length=500, blank=True)
    failure_code = models.CharField(max_length=40, blank=True, help_text="The same for programs.")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="gold_requests"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["leased_until"],
                name="gold_request_unfinished_index",
                condition=Q(status__in=UNFINISHED),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign"],
                condition=Q(status__in=UNFINISHED),
                name="gold_request_one_at_a_time",
                violation_error_message="Another release of this campaign is being made.",
            ),
            models.UniqueConstraint(
                fields=["campaign", "submission_key"],
                name="gold_request_submission_once",
                violation_error_message="This release was asked for already.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=GoldRequestStatus.values),
                name="gold_request_status_known",
                violation_error_message="The status is one of the known ones.",
            ),
            models.CheckConstraint(
                condition=Q(status=GoldRequestStatus.RELEASED, release__isnull=False)
                | (~Q(status=GoldRequestStatus.RELEASED) & Q(release__isnull=True)),
                name="gold_request_released_iff_release",
                violation_error_message="A request has its release exactly when it is released.",
            ),
            models.CheckConstraint(
                condition=(Q(status=GoldRequestStatus.FAILED) & ~Q(failure="") & ~Q(failure_code=""))
                | (~Q(status=GoldRequestStatus.FAILED) & Q(failure="", failure_code="")),
                name="gold_request_failed_iff_reason",
                violation_error_message="A request says why exactly when it failed.",
            ),
            models.CheckConstraint(
                condition=Q(status=GoldRequestStatus.WRITING, leased_until__isnull=False)
                | (~Q(status=GoldRequestStatus.WRITING) & Q(leased_until__isnull=True)),
                name="gold_request_writing_iff_leased",
                violation_error_message="A request has a deadline exactly while its release is written.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=UNFINISHED, finished_at__isnull=True)
                | (~Q(status__in=UNFINISHED) & Q(finished_at__isnull=False)),
                name="gold_request_finished_has_time",
                violation_error_message="A request has an end exactly when it is finished.",
            ),
        ]

    def __str__(self) -> str:
        return f"gold request {self.pk} of {self.campaign_id} ({self.status})"

    @property
    def is_unfinished(self) -> bool:
        """Whether the release is still to come."""
        return self.status in UNFINISHED

    @property
    def may_be_retried(self) -> bool:
        """Whether it broke off, and was not refused."""
        return self.status == GoldRequestStatus.FAILED and self.failure_code in RETRYABLE

    @property
    def share_done(self) -> float | None:
        """Share of the tasks that is written, None while it is not known how many there are."""
        return None if not self.tasks else min(self.written / self.tasks, 1.0)
