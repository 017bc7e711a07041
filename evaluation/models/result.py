"""Prepared results: the numbers of each run, computed once by a worker, and what has changed since.

A result is current exactly where `RunChange` has no row of its run. Triggers (migration 0005) write one in the very
transaction that changes what results are made of, no matter who changes it; the refresher takes the rows away before it
reads. So a result may be late, but it never passes for current when it is not.
"""

from django.db import models
from django.db.models.functions import MD5

from core.db.constraints import known
from evaluation.models.endpoint import Judge
from evaluation.models.run import Run


class RunChange(models.Model):
    """Something that the run's result is made of has changed. Append-only until the result is computed again.

    No foreign key: deleting a run changes its items, and notes that, when the run is already gone.
    """

    run_id = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"run {self.run_id}"


class RunResult(models.Model):
    """What a run amounts to, as of `computed_at`. The JSON is that of the dataclasses named beside it."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="result")
    computed_at = models.DateTimeField()
    seconds = models.FloatField(help_text="That computing it took.")
    items = models.PositiveIntegerField(help_text="Of the run, in whatever state.")
    items_done = models.PositiveIntegerField()
    items_failed = models.PositiveIntegerField()
    metrics = models.JSONField(help_text="perg.stats.runs.perg_metrics.PergMetrics, over all items.")
    costs = models.JSONField(help_text="evaluation.results.metrics.run_costs.RunCosts: what an item takes.")
    stages = models.JSONField(
        null=True,
        help_text="evaluation.results.metrics.aligner_failures.AlignerFailures; none: no Pref-Aligner.",
    )

    def __str__(self) -> str:
        return f"result of run {self.run_id}"


class Dimension(models.TextChoices):
    """What a result is sliced by."""

    WHOLE = "", "All items"
    SOURCE = "source", "Source"
    CATEGORY = "category", "Category"
    PREFERENCE = "preference", "Preference"
    PREFERENCE_CATEGORY = "preference_category", "Preference category"


class ResultRow(models.Model):
    """The metrics of one slice of a run by one judge: a line of the results explorer.

    `figures` holds every estimate (n, interval, reason); the columns beside it repeat their values, to sort by.
    """

    result = models.ForeignKey(RunResult, on_delete=models.CASCADE, related_name="rows")
    dimension = models.CharField(max_length=20, choices=Dimension.choices, blank=True)
    value = models.TextField(blank=True, help_text="Of the dimension; empty for all items.")
    judge = models.ForeignKey(
        Judge,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="None: no judge rates the run.",
    )
    items = models.PositiveIntegerField(help_text="With both responses.")
    figures = models.JSONField()
    breakage_rate = models.FloatField(null=True)
    alignment_failure = models.FloatField(null=True)
    robustness_error = models.FloatField(null=True)
    performance_variation = models.FloatField(null=True)
    delivery_failure = models.FloatField(null=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["dimension", "result"], name="result_row_dimension_index")]
        constraints = [
            models.UniqueConstraint(
                "result",
                "dimension",
                MD5("value"),  # an index entry has an upper size, a preference has none
                "judge",
                name="result_row_once",
                nulls_distinct=False,
                violation_error_message="The result has this slice by this judge already.",
            ),
            known("result_row_dimension_known", dimension=Dimension),
        ]

    def __str__(self) -> str:
        return f"{self.dimension}={self.value} by {self.judge_id}"


class RunGain(models.Model):
    """A run against the direct run of the same model, setting and dataset: differences, and what they cost.

    True as long as both results are current and neither is younger than `computed_at`.
    """

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="gain")
    reference = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    computed_at = models.DateTimeField(help_text="When its reading began.")
    document = models.JSONField(help_text="evaluation.results.metrics.comparison.ComparisonDocument")

    def __str__(self) -> str:
        return f"run {self.run_id} against {self.reference_id}"
