"""Tests of judges with injected responses: what was sent, so that its rate can be read from the replies."""

from django.conf import settings
from django.db import models

from core.db.constraints import unique
from evaluation.models.completion import Completion
from evaluation.models.endpoint import Judge


class CanaryTest(models.Model):
    """A judge is shown every pair of a version of the canary set once."""

    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="canary_tests")
    set_version = models.PositiveIntegerField()
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.judge_id}: injected responses, {self.started_at:%Y-%m-%d %H:%M}"


class CanaryCall(models.Model):
    """The call about one twin of a pair. A technique names its pair."""

    test = models.ForeignKey(CanaryTest, on_delete=models.CASCADE, related_name="calls")
    technique = models.CharField(max_length=100)
    is_injected = models.BooleanField()
    completion = models.ForeignKey(Completion, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            unique(
                "canary_call_unique",
                "This test has asked about this response already.",
                "test",
                "technique",
                "is_injected",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.technique}, {'injected' if self.is_injected else 'clean'}"
