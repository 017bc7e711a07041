"""One row per call to a model: the cache, the resume point, the audit and the bill."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.db.constraints import check, filled_exactly_when, known, unique
from evaluation.models.endpoint import Endpoint


class CompletionStatus(models.TextChoices):
    PENDING = "pending", "Waiting"
    LEASED = "leased", "Being called"
    SUCCEEDED = "succeeded", "Succeeded"
    REFUSED = "refused", "Refused by the model"
    FAILED = "failed", "Failed"

    @classmethod
    def finished(cls) -> list[str]:
        return [cls.SUCCEEDED, cls.REFUSED, cls.FAILED]


UNANSWERED = [CompletionStatus.REFUSED, CompletionStatus.FAILED]
"""Statuses of calls that ended without an answer."""

OF_ANY_STATUS = Q(status="pending") | Q(status="leased") | Q(status__in=["succeeded", "refused", "failed"])
"""Said of the calls to an endpoint, it has them looked up in the index of each status."""

FIRST_TRIAL = 1_000_000
"""Replicates from this number on are trials: calls that no run makes, nor finds."""


class Completion(models.Model):
    """A call to an endpoint: what was asked, what came back and what it cost.

    `request_key` is the hash of the request's semantic fields (see `evaluation.llm.requests`). It is unique: the
    same request is never paid twice, whichever run asks. While a worker calls, the row is leased; a lease that
    ran out may be claimed by anyone.
    """

    # Without an index of its own: before statistics are there, PostgreSQL takes a claim to cost the same by it as by
    # that of the queue, and by it a claim would read all that waits. Each status has an index that begins with it.
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, related_name="completions", db_index=False
    )
    run = models.ForeignKey(
        "evaluation.Run",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="completions",
        help_text="The run that pays: the first to ask. While it is not running, the call waits.",
    )
    request_key = models.CharField(max_length=64)
    request = models.JSONField()
    status = models.CharField(
        max_length=10, choices=CompletionStatus.choices, default=CompletionStatus.PENDING
    )
    lease = models.UUIDField(
        null=True, blank=True, help_text="Whose claim this is; a late result under an old one is void."
    )
    leased_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(
        default=timezone.now,
        help_text="The place in the queue: calls are made in this order, a retry not earlier.",
    )
    throttled_since = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the provider began to answer nothing but that there are too many calls.",
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    text = models.TextField(blank=True)
    raw_reply = models.JSONField(null=True, blank=True)
    input_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    seconds = models.FloatField(
        null=True, blank=True, help_text="From the start of the call to its last byte."
    )
    reserved_cost = models.DecimalField(
        max_digits=14,
        decimal_places=8,
        default=0,
        help_text="US dollars that the call in flight may cost at most, held back from the run's budget.",
    )
    reasoning = models.TextField(blank=True, help_text="What a thinking model wrote before its answer.")
    cost = models.DecimalField(
        max_digits=14, decimal_places=8, null=True, blank=True, help_text="US dollars; none: unpriced."
    )
    cost_is_estimated = models.BooleanField(
        default=False,
        db_default=False,
        help_text="The server did not say how many tokens the call took, or not in numbers.",
    )
    error_code = models.CharField(max_length=50, blank=True)
    error_message = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["endpoint", "run", "not_before", "id"],
                name="completion_pending_index",
                condition=Q(status=CompletionStatus.PENDING),
            ),
            models.Index(
                fields=["endpoint", "leased_until"],
                name="completion_leased_index",
                condition=Q(status=CompletionStatus.LEASED),
            ),
            models.Index(
                fields=["endpoint"],
                name="completion_finished_index",
                condition=Q(status__in=["succeeded", "refused", "failed"]),
            ),
            # What went wrong: by who paid, and, newest first, by who was asked.
            models.Index(
                fields=["run"],
                name="completion_unanswered_by_run",
                condition=Q(status__in=UNANSWERED),
            ),
            models.Index(
                fields=["endpoint", "-finished_at"],
                name="completion_unanswered_index",
                condition=Q(status__in=UNANSWERED),
            ),
        ]
        constraints = [
            unique("completion_request_unique", "This request has been made already.", "request_key"),
            known("completion_status_known", status=CompletionStatus),
            filled_exactly_when(
                "completion_leased_iff_called",
                "A completion has a lease exactly while it is being called.",
                "lease",
                "leased_until",
                status=CompletionStatus.LEASED,
            ),
            filled_exactly_when(
                "completion_finished_has_time",
                "A completion has a finishing time exactly when it is finished.",
                "finished_at",
                status__in=CompletionStatus.finished(),
            ),
            check(
                "completion_failure_has_code",
                "A failed completion says why.",
                ~Q(status=CompletionStatus.FAILED, error_code=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id}:{self.request_key[:12]} ({self.status})"
