"""Imports of files: stored with their row first, read by a worker afterwards."""

from django.db import models

from core.db.constraints import filled_exactly_when
from core.jobs.leased_job import LeasedJob, States, job_constraints, unfinished_index


class ImportStatus(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Being imported"
    DONE = "done", "Done"
    REFUSED = "refused", "Not imported"
    FAILED = "failed", "Failed"


STATES = States(
    queued=ImportStatus.QUEUED,
    running=ImportStatus.RUNNING,
    done=ImportStatus.DONE,
    failed=ImportStatus.FAILED,
    refused=ImportStatus.REFUSED,
)


class ImportJob(LeasedJob):
    """Files to import, and the outcome.

    What is imported and the end of its job are one transaction, so that neither is there without the other. A refused
    job is at fault itself; a failed one may be tried again while its files are there.
    """

    STATES = STATES
    PROGRESS = {"bytes_done": 0}

    kind = models.CharField(max_length=40, help_text="A name of evaluation.imports.kinds.")
    arguments = models.JSONField(default=dict, blank=True, help_text="What was entered beside the files.")
    files = models.JSONField(
        default=list, help_text="Of each file: the field it came in, its name, its size."
    )
    folder = models.CharField(
        max_length=40, blank=True, help_text="Of the files, below IMPORT_ROOT; empty once they are deleted."
    )
    status = models.CharField(max_length=8, choices=ImportStatus.choices, default=ImportStatus.QUEUED)
    bytes_total = models.BigIntegerField()
    bytes_done = models.BigIntegerField(default=0)
    report = models.JSONField(null=True, blank=True, help_text="What was imported.")
    failure_field = models.CharField(max_length=60, blank=True, help_text="The input at fault, if it is one.")
    problems = models.JSONField(default=list, blank=True, help_text="Of single rows, with their lines.")

    class Meta:
        ordering = ["-pk"]
        indexes = [
            unfinished_index(STATES),
            models.Index(fields=["requested_by", "-id"], name="import_job_of_person_index"),
        ]
        constraints = [
            *job_constraints(STATES, ImportStatus),
            filled_exactly_when(
                "import_job_done_iff_report",
                "An import has a report exactly when it is done.",
                "report",
                status=ImportStatus.DONE,
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.pk} of {self.kind} ({self.status})"

    @property
    def may_be_retried(self) -> bool:
        """Whether it failed through no fault of the files, which are still there."""
        return super().may_be_retried and bool(self.folder)

    @property
    def share_done(self) -> float | None:
        """Share of the files that is read."""
        return None if not self.bytes_total else min(self.bytes_done / self.bytes_total, 1.0)

    @property
    def file_names(self) -> list[str]:
        """The names of the files as they were uploaded."""
        return [file["name"] for file in self.files]
