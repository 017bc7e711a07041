"""What people say of a response or an imported item. Labels and adjudications are append-only: a change is a new
revision.

A database trigger (migration 0002) refuses updates and deletions of both.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.expressions import Combinable

from annotations.models.campaign import Guidelines
from annotations.models.task import Assignment, Task
from core.db.constraints import at_least, check, not_blank, unique, within
from evaluation.models.endpoint import ENDS


class AnswerCorrect(models.TextChoices):
    """Is the personalised response's answer right? Asked where the campaign does."""

    YES = "yes", "Yes"
    NO = "no", "No"
    CANNOT_TELL = "cannot_tell", "Cannot tell"


class Label(models.Model):
    """A person's rating of a response, 1–5, or their `answers` to the criteria of an imported item: by the key of the
    criterion an option's key, a number, a text, or a list of options' keys. The highest revision of an assignment is
    the current one.
    """

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="labels")
    revision = models.PositiveIntegerField(default=1)
    # Typed as if it were always there: what is for campaigns on runs alone reads it, and has no other labels.
    score: models.PositiveSmallIntegerField[int | Combinable | None, int] = models.PositiveSmallIntegerField(
        null=True, blank=True
    )  # type: ignore[misc]
    answer_correct = models.CharField(max_length=11, choices=AnswerCorrect.choices, blank=True)
    answers = models.JSONField(
        null=True, blank=True, help_text="“First” is the item's first output, whichever was shown first."
    )
    comment = models.TextField(blank=True)
    seconds = models.FloatField(
        null=True, blank=True, help_text="Time on the task; idle and hidden pages do not count."
    )
    guidelines = models.ForeignKey(
        Guidelines,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="labels",
        help_text="The version that was in force.",
    )
    submission_key = models.UUIDField(help_text="Made by the page: the same submission twice is one label.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            unique(
                "label_revision_unique",
                "This revision of the label exists already.",
                "assignment",
                "revision",
            ),
            unique("label_submission_once", "This submission was received already.", "submission_key"),
            within("label_score_on_scale", "A score is 1 to 5.", score=ENDS, or_none=True),
            check(
                "label_score_or_answers",
                "A label has a score or answers to criteria.",
                Q(score__isnull=False, answers__isnull=True)
                | Q(score__isnull=True, answers__isnull=False, answer_correct=""),
            ),
            at_least("label_revision_from_1", "Revisions count from 1.", revision=1),
            check(
                "label_answer_correct_known",
                "The answer is right, wrong, or one cannot tell.",
                Q(answer_correct="") | Q(answer_correct__in=AnswerCorrect.values),
            ),
            at_least("label_seconds_positive", "A time is not below 0.", seconds=0, or_none=True),
        ]

    def __str__(self) -> str:
        given = self.score if self.answers is None else self.answers
        return f"{given} (revision {self.revision} of assignment {self.assignment_id})"


class Draft(models.Model):
    """What an annotator has entered and not yet submitted; `version` tells a stale page from the newest.

    `answers` are as they were entered: not complete, not checked, and of the outputs in the order shown.
    """

    assignment = models.OneToOneField(Assignment, on_delete=models.CASCADE, related_name="draft")
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    answer_correct = models.CharField(max_length=11, choices=AnswerCorrect.choices, blank=True)
    answers = models.JSONField(null=True, blank=True)
    comment = models.TextField(blank=True)
    seconds = models.FloatField(default=0, help_text="Time on the task so far.")
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            within("draft_score_on_scale", "A score is 1 to 5.", score=ENDS, or_none=True),
        ]

    def __str__(self) -> str:
        return f"draft {self.version} of assignment {self.assignment_id}"


class Adjudication(models.Model):
    """A lead's decision on a task where people disagree. The highest revision counts."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="adjudications")
    revision = models.PositiveIntegerField(default=1)
    adjudicator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="adjudications"
    )
    score = models.PositiveSmallIntegerField()
    rationale = models.TextField()
    saw_judges = models.BooleanField(
        default=False, help_text="Decided again after the judges' scores had been shown."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            unique(
                "adjudication_revision_unique",
                "This revision of the adjudication exists already.",
                "task",
                "revision",
            ),
            within("adjudication_score_on_scale", "A score is 1 to 5.", score=ENDS),
            not_blank("adjudication_has_rationale", "An adjudication says why.", "rationale"),
        ]

    def __str__(self) -> str:
        return f"{self.score} (revision {self.revision} on task {self.task_id})"
