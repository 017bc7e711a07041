"""What people say of a response. Labels and adjudications are append-only: a change is a new revision.

A database trigger (migration 0002) refuses updates and deletions of both.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.models.campaign import Guidelines
from annotations.models.task import Assignment, Task
from evaluation.models.endpoint import SCALE


class AnswerCorrect(models.TextChoices):
    """Is the personalised response's answer right? Asked where the campaign does."""

    YES = "yes", "Yes"
    NO = "no", "No"
    CANNOT_TELL = "cannot_tell", "Cannot tell"


def on_scale(field: str = "score") -> Q:
    return Q(**{f"{field}__gte": SCALE[0], f"{field}__lte": SCALE[-1]})


class Label(models.Model):
    """A person's rating, 1–5. The highest revision of an assignment is the current one."""

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="labels")
    revision = models.PositiveIntegerField(default=1)
    score = models.PositiveSmallIntegerField()
    answer_correct = models.CharField(max_length=11, choices=AnswerCorrect.choices, blank=True)
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
            models.UniqueConstraint(
                fields=["assignment", "revision"],
                name="label_revision_unique",
                violation_error_message="This revision of the label exists already.",
            ),
            models.UniqueConstraint(
                fields=["submission_key"],
                name="label_submission_once",
                violation_error_message="This submission was received already.",
            ),
            models.CheckConstraint(
                condition=on_scale(),
                name="label_score_on_scale",
                violation_error_message="A score is 1 to 5.",
            ),
            models.CheckConstraint(
                condition=Q(revision__gte=1),
                name="label_revision_from_1",
                violation_error_message="Revisions count from 1.",
            ),
            models.CheckConstraint(
                condition=Q(answer_correct="") | Q(answer_correct__in=AnswerCorrect.values),
                name="label_answer_correct_known",
                violation_error_message="The answer is right, wrong, or one cannot tell.",
            ),
            models.CheckConstraint(
                condition=Q(seconds__isnull=True) | Q(seconds__gte=0),
                name="label_seconds_positive",
                violation_error_message="A time is not below 0.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.score} (revision {self.revision} of assignment {self.assignment_id})"


class Draft(models.Model):
    """What an annotator has entered and not yet submitted; `version` tells a stale page from the newest."""

    assignment = models.OneToOneField(Assignment, on_delete=models.CASCADE, related_name="draft")
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    answer_correct = models.CharField(max_length=11, choices=AnswerCorrect.choices, blank=True)
    comment = models.TextField(blank=True)
    seconds = models.FloatField(default=0, help_text="Time on the task so far.")
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(score__isnull=True) | on_scale(),
                name="draft_score_on_scale",
                violation_error_message="A score is 1 to 5.",
            ),
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
            models.UniqueConstraint(
                fields=["task", "revision"],
                name="adjudication_revision_unique",
                violation_error_message="This revision of the adjudication exists already.",
            ),
            models.CheckConstraint(
                condition=on_scale(),
                name="adjudication_score_on_scale",
                violation_error_message="A score is 1 to 5.",
            ),
            models.CheckConstraint(
                condition=~Q(rationale=""),
                name="adjudication_has_rationale",
                violation_error_message="An adjudication says why.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.score} (revision {self.revision} on task {self.task_id})"
