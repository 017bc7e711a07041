"""Exports: files that a worker makes of a gold release or of any table, to be fetched for a while."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.models.campaign import Campaign
from annotations.models.gold import GoldRelease


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


UNFINISHED = [ExportStatus.QUEUED, ExportStatus.RUNNING]


class RaterNames(models.TextChoices):
    """How people are called in a file. Pseudonyms stay the same within a campaign, over all exports."""

    NAMES = "names", "User names"
    PSEUDONYMS = "pseudonyms", "Pseudonyms"


class Export(models.Model):
    """A file that somebody asked for: what, how far it is, and where it lies.

    `attempts` counts the workers that took it up, and is what a worker that lost its lease is known by. A worker
    writes to a file of its own and renames it when it is whole, so that one killed leaves nothing half-written.
    """

    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="exports"
    )
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
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    rows_expected = models.BigIntegerField(null=True, blank=True)
    rows = models.BigIntegerField(default=0, help_text="Written so far; in all, once it is ready.")
    size = models.BigIntegerField(null=True, blank=True, help_text="Of the file, in bytes.")
    checksum = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the file.")
    file = models.CharField(max_length=200, blank=True, help_text="Its path below EXPORT_ROOT.")
    manifest = models.JSONField(null=True, blank=True, help_text="What is in the file, column by column.")
    failure = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["requested_by", "-id"], name="export_of_person_index"),
            models.Index(
                fields=["leased_until"], name="export_unfinished_index", condition=Q(status__in=UNFINISHED)
            ),
            models.Index(
                fields=["expires_at"],
                name="export_expiry_index",
                condition=Q(status=ExportStatus.READY),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=ExportStatus.values,
                    format__in=ExportFormat.values,
                    raters__in=RaterNames.values,
                ),
                name="export_values_known",
                violation_error_message="Status, format and raters are of the known ones.",
            ),
            models.CheckConstraint(
                condition=(
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
                name="export_ready_iff_file",
                violation_error_message="An export has its file exactly while it is ready.",
            ),
            models.CheckConstraint(
                condition=(Q(status=ExportStatus.FAILED) & ~Q(failure=""))
                | (~Q(status=ExportStatus.FAILED) & Q(failure="")),
                name="export_failed_iff_reason",
                violation_error_message="An export says why exactly when it failed.",
            ),
            models.CheckConstraint(
                condition=Q(status=ExportStatus.RUNNING, leased_until__isnull=False)
                | (~Q(status=ExportStatus.RUNNING) & Q(leased_until__isnull=True)),
                name="export_running_iff_leased",
                violation_error_message="An export has a deadline exactly while it is written.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=UNFINISHED, finished_at__isnull=True)
                | (~Q(status__in=UNFINISHED) & Q(finished_at__isnull=False)),
                name="export_finished_has_time",
                violation_error_message="An export has an end exactly when it is finished.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table} as {self.format} ({self.status})"

    @property
    def share_done(self) -> float | None:
        """Share of the rows that is written, None while it is not known how many there are."""
        return None if not self.rows_expected else min(self.rows / self.rows_expected, 1.0)
