"""Webhooks: addresses that are notified of events, and each delivery with its outcome."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q

from core.db.constraints import check, filled_exactly_when, known, not_blank, unique
from core.jobs.leased_job import LeasedRow, States, lease_constraints

BODY_LENGTH = 2000
"""So much of an answer is kept: enough to see what the receiver made of it."""


class Event(models.TextChoices):
    """The kinds of events. A ping is sent on request, and cannot be subscribed to."""

    RUN_FINISHED = "run.finished", "A run has finished"
    RUN_FAILED = "run.failed", "A run has failed, was cancelled, or has reached its budget"
    CAMPAIGN_COMPLETED = "campaign.completed", "A campaign has all its labels and decisions"
    REPORT_READY = "report.ready", "A validation report is ready"
    GOLD_RELEASED = "gold.released", "Gold has been released"
    PING = "ping", "A test"


SUBSCRIBABLE = [event for event in Event if event != Event.PING]


class Webhook(models.Model):
    """An address and the events that are sent to it.

    The secret that deliveries are signed with is not stored: it is made of `secret_seed` and the site's own key, so
    that a copy of the database does not hold it.
    """

    name = models.CharField(max_length=100)
    url = models.URLField(max_length=500)
    secret_seed = models.CharField(max_length=64, editable=False)
    events = ArrayField(models.CharField(max_length=30, choices=[(e.value, e.label) for e in SUBSCRIBABLE]))
    is_active = models.BooleanField(default=True, help_text="Nothing is sent to a paused one.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="webhooks"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            unique("webhook_name_unique", "A webhook has this name already.", "name"),
            not_blank(
                "webhook_complete",
                "A webhook has a name, an address and a secret.",
                "name",
                "url",
                "secret_seed",
            ),
            check(
                "webhook_events_known",
                "A webhook has at least one of the known events.",
                Q(events__len__gte=1, events__contained_by=[e.value for e in SUBSCRIBABLE]),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DeliveryStatus(models.TextChoices):
    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Being sent"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"


STATES = States(
    queued=DeliveryStatus.WAITING,
    running=DeliveryStatus.SENDING,
    done=DeliveryStatus.DELIVERED,
    failed=DeliveryStatus.FAILED,
)


class Delivery(LeasedRow):
    """One event for one webhook: written with what it tells of, sent after that is committed.

    `attempts` counts the attempts, each of which is a claim. The response is that of the last attempt. A delivery is
    leased as a job is, but it is no job: nobody requested it, a failed attempt waits for the next one at a time of its
    own, and a worker takes the one of a webhook that is due first, not one that it is given.
    """

    STATES = STATES

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.UUIDField(help_text="The same for every webhook, attempt and repetition of one event.")
    event = models.CharField(max_length=30, choices=Event.choices)
    payload = models.JSONField()
    status = models.CharField(max_length=9, choices=DeliveryStatus.choices, default=DeliveryStatus.WAITING)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    response_body = models.TextField(blank=True, validators=[MaxLengthValidator(BODY_LENGTH)])
    error = models.CharField(max_length=500, blank=True)
    duration = models.FloatField(null=True, blank=True, help_text="Seconds that the last attempt took.")

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["webhook", "-id"], name="delivery_log_index"),
            models.Index(
                fields=["webhook", "next_attempt_at"],
                name="delivery_due_index",
                condition=Q(status=DeliveryStatus.WAITING),
            ),
            models.Index(
                fields=["leased_until"],
                name="delivery_sending_index",
                condition=Q(status=DeliveryStatus.SENDING),
            ),
            models.Index(fields=["finished_at"], name="delivery_finished_index"),
        ]
        constraints = [
            *lease_constraints(STATES, DeliveryStatus),
            known("delivery_event_known", event=Event),
            filled_exactly_when(
                "delivery_waiting_iff_due",
                "A delivery has a time for its next attempt exactly while it waits.",
                "next_attempt_at",
                status=DeliveryStatus.WAITING,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.webhook_id} ({self.status})"
