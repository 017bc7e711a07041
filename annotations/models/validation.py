"""Validation reports: whether a campaign's judges may be trusted, as computed by a worker and kept."""

from django.conf import settings as site
from django.db import models
from django.db.models import Q

from annotations.models.campaign import Campaign
from annotations.models.imported import Criterion
from core.db.constraints import check, within
from core.jobs.leased_job import LeasedJob, States, job_constraints, one_at_a_time, unfinished_index


class ReportStatus(models.TextChoices):
    QUEUED = "queued", "Waiting for a worker"
    COMPUTING = "computing", "Being computed"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


STATES = States(
    queued=ReportStatus.QUEUED,
    running=ReportStatus.COMPUTING,
    done=ReportStatus.READY,
    failed=ReportStatus.FAILED,
)


class ValidationReport(LeasedJob):
    """A report on a campaign's judges.

    `input_hash` tells what it was computed from: another hash of the input as it is now makes the report stale.
    """

    STATES = STATES
    PROGRESS = {"share_done": 0, "step": ""}

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="validation_reports")
    criterion = models.ForeignKey(
        Criterion,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="validation_reports",
        help_text="Of imported ratings. Empty: the campaign's rubric.",
    )
    status = models.CharField(max_length=9, choices=ReportStatus.choices, default=ReportStatus.QUEUED)
    settings = models.JSONField(help_text="See perg.stats.items.validation_input.ValidationSettings.")
    input_hash = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of ratings, items, settings and code version."
    )
    code_version = models.CharField(max_length=50, blank=True)
    document = models.JSONField(null=True, blank=True, help_text="The report, as programs get it.")
    step = models.CharField(max_length=200, blank=True, help_text="What is being computed.")
    share_done = models.FloatField(default=0)
    requested_by = models.ForeignKey(  # type: ignore[assignment] # a command may ask for one, too
        site.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="validation_reports",
    )

    class Meta:
        ordering = ["-pk"]
        indexes = [unfinished_index(STATES)]
        constraints = [
            *job_constraints(STATES, ReportStatus),
            one_at_a_time(STATES, "campaign", "criterion"),
            check(
                "report_ready_iff_document",
                "A report has its document exactly when it is ready.",
                (Q(status=ReportStatus.READY, document__isnull=False) & ~Q(input_hash=""))
                | (~Q(status=ReportStatus.READY) & Q(document__isnull=True)),
            ),
            within("report_share_done_is_share", "What is done is a share from 0 to 1.", share_done=(0, 1)),
        ]

    def __str__(self) -> str:
        return f"validation report {self.pk} of {self.campaign_id} ({self.status})"
