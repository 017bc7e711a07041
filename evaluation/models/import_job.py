"""Imports of files: stored with their row first, read by a worker afterwards."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class ImportStatus(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Being imported"
    DONE = "done", "Done"
    REFUSED = "refused", "Not imported"
    FAILED = "failed", "Failed"


UNFINISHED = [ImportStatus.QUEUED, ImportStatus.RUNNING]
WITHOUT_RESULT = [ImportStatus.REFUSED, ImportStatus.FAILED]


class ImportJob(models.Model):
    """Files to import, and the outcome.

    What is imported and the end of its job are one transaction, so that neither is there without the other. `attempts`
    counts the workers that took the job up, and is what a worker that lost its lease is known by. A refused job is at
    fault itself; a failed one may be tried again while its files are there.
    """

    kind = models.CharField(max_length=40, help_text="A name of evaluation.imports.kinds.")
    arguments = models.JSONField(default=dict, blank=True, help_text="What was entered beside the files.")
    files = models.JSONField(
        default=list, help_text="Of each file: the field it came in, its name, its size."
    )
    folder = models.CharField(
        max_length=40, blank=True, help_text="Of the files, below IMPORT_ROOT; empty once they are deleted."
    )
    status = models.CharField(max_length=8, choices=ImportStatus.choices, default=ImportStatus.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    bytes_total = models.BigIntegerField()
    bytes_done = models.BigIntegerField(default=0)
    report = models.JSONField(null=True, blank=True, help_text="What was imported.")
    failure = models.TextField(blank=True)
    failure_code = models.CharField(max_length=60, blank=True, help_text="The same for programs.")
    failure_field = models.CharField(max_length=60, blank=True, help_text="The input at fault, if it is one.")
    problems = models.JSONField(default=list, blank=True, help_text="Of single rows, with their lines.")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="import_jobs"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["leased_until"],
                name="import_job_unfinished_index",
                condition=Q(status__in=UNFINISHED),
            ),
            models.Index(fields=["requested_by", "-id"], name="import_job_of_person_index"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=ImportStatus.values),
                name="import_job_status_known",
                violation_error_message="The status is one of the known ones.",
            ),
            models.CheckConstraint(
                condition=Q(status=ImportStatus.DONE, report__isnull=False)
                | (~Q(status=ImportStatus.DONE) & Q(report__isnull=True)),
                name="import_job_done_iff_report",
                violation_error_message="An import has a report exactly when it is done.",
            ),
            models.CheckConstraint(
                condition=(Q(status__in=WITHOUT_RESULT) & ~Q(failure="") & ~Q(failure_code=""))
                | (~Q(status__in=WITHOUT_RESULT) & Q(failure="", failure_code="")),
                name="import_job_failed_iff_reason",
                violation_error_message="An import says why exactly when it was refused or failed.",
            ),
            models.CheckConstraint(
                condition=Q(status=ImportStatus.RUNNING, leased_until__isnull=False)
                | (~Q(status=ImportStatus.RUNNING) & Q(leased_until__isnull=True)),
                name="import_job_running_iff_leased",
                violation_error_message="An import has a deadline exactly while it runs.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=UNFINISHED, finished_at__isnull=True)
                | (~Q(status__in=UNFINISHED) & Q(finished_at__isnull=False)),
                name="import_job_finished_has_time",
                violation_error_message="An import has an end exactly when it is finished.",
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.pk} of {self.kind} ({self.status})"

    @property
    def is_unfinished(self) -> bool:
        """Whether the outcome is still to come."""
        return self.status in UNFINISHED

    @property
    def may_be_retried(self) -> bool:
        """Whether it failed through no fault of the files, which are still there."""
        return self.status == ImportStatus.FAILED and bool(self.folder)

    @property
    def share_done(self) -> float | None:
        """Share of the files that is read."""
        return None if not self.bytes_total else min(self.bytes_done / self.bytes_total, 1.0)

    @property
    def file_names(self) -> list[str]:
        """The names of the files as they were uploaded."""
        return [file["name"] for file in self.files]
