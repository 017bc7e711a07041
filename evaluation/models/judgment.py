"""Judges' ratings of responses."""

from django.db import models
from django.db.models import Q

from core.db.constraints import at_least, check, known, unique
from evaluation.models.completion import Completion
from evaluation.models.endpoint import SCALE, Judge
from evaluation.models.item import Response


class JudgmentStatus(models.TextChoices):
    PENDING = "pending", "Waiting"
    SCORED = "scored", "Scored"
    UNSCORED = "unscored", "Unscored"


class Judgment(models.Model):
    """A judge's rating of a personalised response, 1–5; unscored, with the reason, where it gave none."""

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="judgments")
    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="judgments")
    replicate = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=10, choices=JudgmentStatus.choices, default=JudgmentStatus.PENDING)
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    explanation = models.TextField(blank=True)
    unscored_reason = models.CharField(max_length=200, blank=True)
    completion = models.ForeignKey(
        Completion, on_delete=models.PROTECT, null=True, blank=True, related_name="judgments"
    )
    first_completion = models.ForeignKey(
        Completion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reasked_judgments",
        help_text="The unreadable reply, where the judge was asked again.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["completion"],
                name="judgment_pending_index",
                condition=Q(status=JudgmentStatus.PENDING),
            ),
        ]
        constraints = [
            unique(
                "judgment_once_per_replicate",
                "This judge has rated this response already.",
                "response",
                "judge",
                "replicate",
            ),
            check(
                "judgment_scored_iff_score",
                "A judgment has a score from 1 to 5 exactly when it is scored.",
                Q(
                    status=JudgmentStatus.SCORED,
                    score__isnull=False,
                    score__gte=SCALE[0],
                    score__lte=SCALE[-1],
                )
                | (~Q(status=JudgmentStatus.SCORED) & Q(score__isnull=True)),
            ),
            check(
                "judgment_unscored_says_why",
                "An unscored judgment says why.",
                ~Q(status=JudgmentStatus.UNSCORED, unscored_reason=""),
            ),
            known("judgment_status_known", status=JudgmentStatus),
            at_least("judgment_replicate_from_1", "Replicates count from 1.", replicate=1),
        ]

    def __str__(self) -> str:
        return f"{self.judge_id} on {self.response_id}: {self.score}"
