"""Computations of results that do not come to an end: under way, broken off, or lost with their worker."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.db.constraints import check, known, unique
from core.jobs.tries import LOST, pause_after
from evaluation.models.run import Run


class Computed(models.TextChoices):
    RESULT = "result", "Result"
    GAIN = "gain", "Comparison with the direct run"


class ComputingTrouble(models.Model):
    """A computation that has begun and has not succeeded. Success deletes the row.

    `failed_at` is empty while it is under way. Triggers know nothing of this table: it does not make a result late.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="computing_troubles")
    computed = models.CharField(max_length=10, choices=Computed.choices)
    begun_at = models.DateTimeField()
    failed_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=1)
    why = models.TextField(blank=True, help_text="In words, for the pages that wait for it.")

    class Meta:
        constraints = [
            unique(
                "computing_trouble_once", "There is a note of this computation already.", "run", "computed"
            ),
            check(
                "computing_trouble_says_why",
                "A computation that failed says why.",
                Q(failed_at__isnull=True) | ~Q(why=""),
            ),
            known(
                "computing_trouble_kind_known",
                "What is computed is one of the known kinds.",
                computed=Computed,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.computed} of run {self.run_id}: {self.why or 'under way'}"

    @property
    def reason(self) -> str:
        """Why it failed, or that it was never heard of again."""
        return self.why or LOST

    @property
    def ended_at(self) -> datetime:
        """When it failed; of a lost one, when it began."""
        return self.failed_at or self.begun_at

    @property
    def again_at(self) -> datetime | None:
        """When a worker tries again by itself; None: at once."""
        again = None if self.failed_at is None else self.failed_at + pause_after(self.tries)
        return again if again is not None and again > timezone.now() else None
