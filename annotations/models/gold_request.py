"""Requested releases: those of large campaigns are made by a worker, which notes its progress."""

from django.db import models

from annotations.models.campaign import Campaign
from annotations.models.gold import GoldRelease
from core.db.constraints import filled_exactly_when, unique
from core.jobs.leased_job import LeasedJob, States, job_constraints, one_at_a_time, unfinished_index


class GoldRequestStatus(models.TextChoices):
    QUEUED = "queued", "Waiting for a worker"
    WRITING = "writing", "Being written"
    RELEASED = "released", "Released"
    FAILED = "failed", "Not released"


STATES = States(
    queued=GoldRequestStatus.QUEUED,
    running=GoldRequestStatus.WRITING,
    done=GoldRequestStatus.RELEASED,
    failed=GoldRequestStatus.FAILED,
)


class GoldRequest(LeasedJob):
    """A release that somebody asked for, by which criteria, and what has become of it.

    The release is made in one transaction with the end of its request, so that neither is there without the other.
    """

    STATES = STATES
    PROGRESS = {"written": 0}

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
    tasks = models.PositiveIntegerField(null=True, blank=True, help_text="That go in, once it is known.")
    written = models.PositiveIntegerField(default=0, help_text="Of these, so far.")
    release = models.OneToOneField(
        GoldRelease, on_delete=models.PROTECT, null=True, blank=True, related_name="request"
    )

    class Meta:
        ordering = ["-pk"]
        indexes = [unfinished_index(STATES)]
        constraints = [
            *job_constraints(STATES, GoldRequestStatus),
            one_at_a_time(STATES, "campaign"),
            unique(
                "gold_request_submission_once",
                "This release was asked for already.",
                "campaign",
                "submission_key",
            ),
            filled_exactly_when(
                "gold_request_released_iff_release",
                "A request has its release exactly when it is released.",
                "release",
                status=GoldRequestStatus.RELEASED,
            ),
        ]

    def __str__(self) -> str:
        return f"gold request {self.pk} of {self.campaign_id} ({self.status})"

    @property
    def share_done(self) -> float | None:
        """Share of the tasks that is written, None while it is not known how many there are."""
        return None if not self.tasks else min(self.written / self.tasks, 1.0)
