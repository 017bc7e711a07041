"""Sending what is in the outbox: each attempt by one worker, under a lease, again and again with growing pauses."""

import json
import random
import ssl
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpcore2
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from core.jobs.kinds import Kind
from core.jobs.leasing import held
from core.secrets.redaction import redacted
from perg_site.models import Delivery, Webhook
from perg_site.models.webhook import DeliveryStatus
from perg_site.webhooks.connection import AddressRefused, post
from perg_site.webhooks.outbox import DELIVER
from perg_site.webhooks.signature import HEADER, secret_of, signature

MOST_ATTEMPTS = 10
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(hours=6)
"""Pauses of 15 s, 45 s, 2 min, 7 min, 20 min, 1 h, 3 h, 6 h, 6 h, each shortened by up to a half at random."""
LEASE = timedelta(seconds=120)
"""Far longer than an attempt takes: what is taken again then is that of a worker that was killed."""
TURN_SECONDS = 30.0
RETENTION = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of an attempt. `error` is empty where the receiver has taken the delivery."""

    error: str = ""
    status: int | None = None
    body: str = ""
    may_retry: bool = True


class Deliveries(Kind):
    """Deliveries are sent by webhook: a worker takes what is due to one, oldest first."""

    model = Delivery

    def sweep(self) -> None:
        """Wake workers for what is due again, or was left behind; forget what is long past."""
        give_up_lost()
        forget_old()
        for webhook in webhooks_with_due():
            current_app.send_task(DELIVER, args=(webhook.pk,), expires=settings.SWEEP_SECONDS)


def deliver(webhook: Webhook) -> int:
    """Send what is due to a webhook, oldest first; give the number of deliveries that arrived.

    The first failure ends the turn: a receiver that is down is asked once, not once for every delivery that waits.
    """
    until, arrived = time.monotonic() + TURN_SECONDS, 0
    while time.monotonic() < until and (delivery := claim_delivery(webhook)) is not None:
        began = time.monotonic()
        outcome = attempt(delivery)
        record_attempt(delivery, outcome, seconds=time.monotonic() - began)
        if outcome.error:
            break
        arrived += 1
    return arrived


@transaction.atomic
def claim_delivery(webhook: Webhook) -> Delivery | None:
    """Lease the delivery of the webhook that has been due for longest, or one whose worker was lost.

    Rows that another worker is claiming at this moment are skipped, so that no attempt is made by two.
    """
    delivery = (
        _due(timezone.now())
        .filter(webhook=webhook, webhook__is_active=True)
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("webhook")
        .order_by(F("next_attempt_at").asc(nulls_first=True), "pk")
        .first()
    )
    if delivery is None:
        return None
    delivery.status, delivery.next_attempt_at = DeliveryStatus.SENDING, None
    delivery.leased_until = timezone.now() + LEASE
    delivery.attempts += 1
    delivery.save(update_fields=["status", "next_attempt_at", "leased_until", "attempts"])
    return delivery


def attempt(delivery: Delivery) -> Outcome:
    """Send a delivery once. No transaction is open meanwhile."""
    body = body_of(delivery)
    secret = secret_of(delivery.webhook.secret_seed)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "PERG-Webhooks/1",
        "PERG-Event": delivery.event,
        "PERG-Delivery": str(delivery.pk),
        HEADER: signature(secret, body, at=int(time.time())),
    }
    try:
        answer = post(
            delivery.webhook.url,
            body=body,
            headers=headers,
            seconds=settings.WEBHOOK_SECONDS,
            networks=settings.WEBHOOK_NETWORKS,
        )
    except AddressRefused as error:
        return Outcome(str(error), may_retry=False)
    except httpcore2.TimeoutException:
        return Outcome(f"No answer within {settings.WEBHOOK_SECONDS:g} seconds.")
    except (httpcore2.NetworkError, httpcore2.ProtocolError, ssl.SSLError) as error:
        return Outcome(f"No answer: {str(error) or type(error).__name__}")
    if 200 <= answer.status < 300:
        return Outcome("", answer.status, answer.body)
    what = "a redirect, which is not followed" if 300 <= answer.status < 400 else "not a success"
    return Outcome(f"The receiver answered {answer.status}, {what}.", answer.status, answer.body)


def body_of(delivery: Delivery) -> bytes:
    """The bytes that are sent and signed: the same at every attempt."""
    return json.dumps(delivery.payload, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def record_attempt(delivery: Delivery, outcome: Outcome, *, seconds: float) -> bool:
    """Record the outcome of a claimed attempt; False where the claim was lost meanwhile, and nothing is written."""
    now = timezone.now()
    if not outcome.error:
        status, again = DeliveryStatus.DELIVERED, None
    elif outcome.may_retry and delivery.attempts < MOST_ATTEMPTS:
        status, again = DeliveryStatus.WAITING, now + pause_after(delivery.attempts)
    else:
        status, again = DeliveryStatus.FAILED, None
    return bool(
        held(delivery).update(
            status=status,
            next_attempt_at=again,
            leased_until=None,
            response_status=outcome.status,
            response_body=redacted(outcome.body),
            error=redacted(outcome.error)[:500],
            duration=seconds,
            finished_at=now if again is None else None,
        )
    )


def pause_after(attempts: int) -> timedelta:
    """How long to wait after this attempt: longer each time, and never the same for two."""
    longest = min(FIRST_PAUSE * 3.0 ** (attempts - 1), LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1.0)


def webhooks_with_due() -> QuerySet[Webhook]:
    """Active webhooks for which something waits now."""
    due = _due(timezone.now()).values("webhook")
    return Webhook.objects.filter(is_active=True, pk__in=due)


def give_up_lost() -> int:
    """Give up deliveries whose every attempt lost its worker; give their number."""
    now = timezone.now()
    lost = Delivery.objects.filter(
        status=DeliveryStatus.SENDING, leased_until__lt=now, attempts__gte=MOST_ATTEMPTS
    )
    return lost.update(
        status=DeliveryStatus.FAILED,
        leased_until=None,
        error="The worker that sent it was lost.",
        finished_at=now,
    )


def forget_old() -> int:
    """Delete deliveries that were finished long ago; give their number."""
    number, _ = Delivery.objects.filter(finished_at__lt=timezone.now() - RETENTION).delete()
    return number


def _due(now: datetime) -> QuerySet[Delivery]:
    waits = Q(status=DeliveryStatus.WAITING, next_attempt_at__lte=now)
    lost = Q(status=DeliveryStatus.SENDING, leased_until__lt=now, attempts__lt=MOST_ATTEMPTS)
    return Delivery.objects.filter(waits | lost)
