"""Exports: files that a worker makes of a gold release or of any table, to be fetched for a while."""

from django.db import models
from django.db.models import Q

from annotations.models.campaign import Campaign
from annotations.models.gold import GoldRelease
from core.db.constraints import check, known
from core.jobs.leased_job import LeasedJob, States, job_constraints, unfinished_index


class ExportFormat(models.TextChoices):
    CSV = "csv", "CSV"
    JSONL = "jsonl", "JSON lines"
    PARQUET = "parquet", "Parquet"
    DATASET = "dataset", "Hugging Face dataset (zip)"


class ExportStatus(models.TextChoices):
    QUEUED = "queued", "Waiting for a worker"
    RUNNING = "running", "Being written"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"
    EXPIRED = "expired", "Expired: the file is gone"


STATES = States(
    queued=ExportStatus.QUEUED,
    running=ExportStatus.RUNNING,
    done=ExportStatus.READY,
    failed=ExportStatus.FAILED,
)


class RaterNames(models.TextChoices):
    """How people are called in a file. Pseudonyms stay the same within a campaign, over all exports."""

    NAMES = "names", "User names"
    PSEUDONYMS = "pseudonyms", "Pseudonyms"


class Export(LeasedJob):
    """A file that somebody asked for: what, how far it is, and where it lies.

    A worker writes to a file of its own and renames it when it is whole, so one killed leaves nothing half-written.
    """

    STATES = STATES
    PROGRESS = {"rows": 0}

    table = models.CharField(max_length=40, help_text="A key of annotations.exports.tables.registry.TABLES.")
    filters = models.JSONField(default=dict, blank=True, help_text="What of the table, as it was asked for.")
    format = models.CharField(max_length=8, choices=ExportFormat.choices)
    raters = models.CharField(max_length=10, choices=RaterNames.choices, default=RaterNames.NAMES)
    licence = models.CharField(max_length=60, blank=True, help_text="For the dataset card.")
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="exports",
        help_text="Whose leads may fetch it; empty: staff only.",
    )
    release = models.ForeignKey(
        GoldRelease, on_delete=models.PROTECT, null=True, blank=True, related_name="exports"
    )
    status = models.CharField(max_length=8, choices=ExportStatus.choices, default=ExportStatus.QUEUED)
    rows_expected = models.BigIntegerField(null=True, blank=True)
    rows = models.BigIntegerField(default=0, help_text="Written so far; in all, once it is ready.")
    size = models.BigIntegerField(null=True, blank=True, help_text="Of the file, in bytes.")
    checksum = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the file.")
    file = models.CharField(max_length=200, blank=True, help_text="Its path below EXPORT_ROOT.")
    manifest = models.JSONField(null=True, blank=True, help_text="What is in the file, column by column.")
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["requested_by", "-id"], name="export_of_person_index"),
            unfinished_index(STATES),
            models.Index(
                fields=["expires_at"],
                name="export_expiry_index",
                condition=Q(status=ExportStatus.READY),
            ),
        ]
        constraints = [
            *job_constraints(STATES, ExportStatus),
            known(
                "export_values_known",
                "Format and raters are of the known ones.",
                format=ExportFormat,
                raters=RaterNames,
            ),
            check(
                "export_ready_iff_file",
                "An export has its file exactly while it is ready.",
                (
                    Q(
                        status=ExportStatus.READY,
                        size__isnull=False,
                        expires_at__isnull=False,
                        manifest__isnull=False,
                    )
                    & ~Q(file="")
                    & ~Q(checksum="")
                )
                | (~Q(status=ExportStatus.READY) & Q(file="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table} as {self.format} ({self.status})"

    @property
    def may_be_retried(self) -> bool:
        """Whether there is no file, and none on its way: also what was refused may be allowed by now."""
        return self.status in (ExportStatus.FAILED, ExportStatus.EXPIRED)

    @property
    def share_done(self) -> float | None:
        """Share of the rows that is written, None while it is not known how many there are."""
        return None if not self.rows_expected else min(self.rows / self.rows_expected, 1.0)
