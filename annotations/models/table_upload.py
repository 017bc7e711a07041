"""Tables that people upload: read first, told what their columns are for, then imported as items and ratings."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from core.db.constraints import check, known, not_blank, unique
from core.jobs.leased_job import LeasedJob, States, job_constraints, unfinished_index


class UploadStatus(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Being read"
    READY = "ready", "Read"
    REFUSED = "refused", "Cannot be used as it is"
    FAILED = "failed", "Failed"


class UploadPhase(models.TextChoices):
    READING = "reading", "Reading the columns"
    CHECKING = "checking", "Checking all rows"


STATES = States(
    queued=UploadStatus.QUEUED,
    running=UploadStatus.RUNNING,
    done=UploadStatus.READY,
    failed=UploadStatus.FAILED,
    refused=UploadStatus.REFUSED,
)


class TableUpload(LeasedJob):
    """A table on its way to be imported, with what its owner has said of it so far.

    Its file stays until it has not been touched for a day, whatever was refused meanwhile. Each phase is a job: small
    files are read in the request, others by a worker. What is imported in the end is an import of its own.
    """

    STATES = STATES
    PROGRESS = {"rows_done": 0}

    status = models.CharField(max_length=8, choices=UploadStatus.choices, default=UploadStatus.QUEUED)
    phase = models.CharField(max_length=8, choices=UploadPhase.choices, default=UploadPhase.READING)
    file_name = models.CharField(max_length=200)
    size = models.BigIntegerField(help_text="In bytes.")
    folder = models.CharField(max_length=40, help_text="Of the file, below IMPORT_ROOT.")
    campaign_name = models.CharField(max_length=200, blank=True, help_text="Where its items shall go.")
    stated = models.JSONField(default=dict, blank=True, help_text="What its owner said of the layout.")
    reading = models.JSONField(
        null=True, blank=True, help_text="What the file is, and what its columns hold."
    )
    mapping = models.JSONField(null=True, blank=True, help_text="What each column is for.")
    choices = models.JSONField(default=list, blank=True, help_text="What its owner said of the criteria.")
    outcome = models.JSONField(null=True, blank=True, help_text="Items, criteria and problems of all rows.")
    rows_done = models.PositiveBigIntegerField(default=0)
    changed_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            unfinished_index(STATES),
            models.Index(fields=["requested_by", "-id"], name="table_upload_of_person_index"),
        ]
        constraints = [
            *job_constraints(STATES, UploadStatus),
            known("table_upload_phase_known", phase=UploadPhase),
            not_blank("table_upload_has_file", "An upload has a file.", "folder", "file_name"),
            check(
                "table_upload_ready_has_reading",
                "A table that was read has columns.",
                ~Q(status=UploadStatus.READY) | Q(reading__isnull=False),
            ),
            check(
                "table_upload_checked_iff_outcome",
                "There is an outcome exactly when all rows were checked.",
                Q(status=UploadStatus.READY, phase=UploadPhase.CHECKING, outcome__isnull=False)
                | (~Q(status=UploadStatus.READY, phase=UploadPhase.CHECKING) & Q(outcome__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"upload {self.pk} of {self.file_name} ({self.status})"

    @property
    def share_done(self) -> float | None:
        """Share of the rows that is checked; None: not known."""
        rows = (self.reading or {}).get("rows", 0)
        return min(self.rows_done / rows, 1.0) if rows and self.phase == UploadPhase.CHECKING else None


class SavedMapping(models.Model):
    """What the columns of a kind of table are for, under a name, with what was said of its criteria."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_mappings"
    )
    name = models.CharField(max_length=200)
    columns = ArrayField(models.TextField(), help_text="Of the table, in alphabetical order.")
    mapping = models.JSONField()
    choices = models.JSONField(default=list, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            unique("saved_mapping_name_once", "You have a mapping of this name already.", "owner", "name"),
            not_blank("saved_mapping_has_name", "A mapping has a name.", "name"),
        ]

    def __str__(self) -> str:
        return self.name
