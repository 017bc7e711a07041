"""The outbox: what has happened is written down for every webhook in the transaction in which it happened."""

import uuid
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.utils import timezone

from core.jobs.wake import wake
from perg_site.models import Delivery, Webhook
from perg_site.models.webhook import Event

DELIVER = "perg_site.tasks.deliver"


def announce(event: Event, facts: Mapping[str, object]) -> list[Delivery]:
    """Record an event for all webhooks that subscribe to it; workers are woken once that is committed."""
    return put_in(
        event, facts, Webhook.objects.filter(is_active=True, events__contains=[event.value]).order_by("pk")
    )


@transaction.atomic
def put_in(event: Event, facts: Mapping[str, object], webhooks: Iterable[Webhook]) -> list[Delivery]:
    """Write down an event for these webhooks."""
    now, event_id = timezone.now(), uuid.uuid4()
    payload = {"id": str(event_id), "event": event.value, "created_at": now.isoformat(), "data": dict(facts)}
    deliveries = Delivery.objects.bulk_create(
        Delivery(webhook=webhook, event_id=event_id, event=event, payload=payload, next_attempt_at=now)
        for webhook in webhooks
    )
    for delivery in deliveries:
        wake(DELIVER, delivery.webhook_id)
    return deliveries
