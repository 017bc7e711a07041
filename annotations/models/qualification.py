"""The qualification round: a member's tries at the campaign's qualification items, before labelling."""

from django.db import models
from django.db.models import Q

from annotations.models.campaign import Member
from annotations.models.label import on_scale
from annotations.models.task import Task


class QualificationAttempt(models.Model):
    """One try at the items drawn for it; it has passed or failed once it is finished."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="qualification_attempts")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    passed = models.BooleanField(null=True, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "number"],
                name="qualification_attempt_number_unique",
                violation_error_message="This attempt exists already.",
            ),
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(finished_at__isnull=True),
                name="qualification_one_attempt_at_a_time",
                violation_error_message="Another attempt is not finished yet.",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, passed__isnull=True)
                | Q(finished_at__isnull=False, passed__isnull=False),
                name="qualification_finished_has_result",
                violation_error_message="An attempt has a result exactly when it is finished.",
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of member {self.member_id}"


class QualificationDraw(models.Model):
    """An item drawn for an attempt, and its place in it: each attempt has other items, as far as the pool allows."""

    attempt = models.ForeignKey(QualificationAttempt, on_delete=models.CASCADE, related_name="draws")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="qualification_draws")
    place = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(
                fields=["attempt", "task"],
                name="qualification_draw_once",
                violation_error_message="This item is drawn for the attempt already.",
            ),
            models.UniqueConstraint(
                fields=["attempt", "place"],
                name="qualification_draw_place_unique",
                violation_error_message="An attempt has one item at each place.",
            ),
        ]

    def __str__(self) -> str:
        return f"task {self.task_id}, place {self.place} of attempt {self.attempt_id}"


class QualificationAnswer(models.Model):
    """What the member gave an item in an attempt, and whether that was right."""

    attempt = models.ForeignKey(QualificationAttempt, on_delete=models.CASCADE, related_name="answers")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="qualification_answers")
    score = models.PositiveSmallIntegerField()
    is_right = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["attempt", "task"],
                name="qualification_answer_once",
                violation_error_message="This item is answered already.",
            ),
            models.CheckConstraint(
                condition=on_scale(),
                name="qualification_answer_on_scale",
                violation_error_message="A score is 1 to 5.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.score} for task {self.task_id} in attempt {self.attempt_id}"
