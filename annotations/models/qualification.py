"""The qualification round: a member's tries at the campaign's qualification items, before labelling."""

from django.db import models
from django.db.models import Q

from annotations.models.campaign import Member
from annotations.models.task import Task
from core.db.constraints import check, unique, within
from evaluation.models.endpoint import ENDS


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
            unique("qualification_attempt_number_unique", "This attempt exists already.", "member", "number"),
            unique(
                "qualification_one_attempt_at_a_time",
                "Another attempt is not finished yet.",
                "member",
                condition=Q(finished_at__isnull=True),
            ),
            check(
                "qualification_finished_has_result",
                "An attempt has a result exactly when it is finished.",
                Q(finished_at__isnull=True, passed__isnull=True)
                | Q(finished_at__isnull=False, passed__isnull=False),
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
            unique(
                "qualification_draw_once", "This item is drawn for the attempt already.", "attempt", "task"
            ),
            unique(
                "qualification_draw_place_unique",
                "An attempt has one item at each place.",
                "attempt",
                "place",
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
            unique("qualification_answer_once", "This item is answered already.", "attempt", "task"),
            within("qualification_answer_on_scale", "A score is 1 to 5.", score=ENDS),
        ]

    def __str__(self) -> str:
        return f"{self.score} for task {self.task_id} in attempt {self.attempt_id}"
