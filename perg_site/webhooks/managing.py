"""Making, pausing and deleting webhooks, and sending by hand. Only admins do; everything is in the audit log."""

from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.audit.writing import record
from core.errors import Conflict, DomainError
from core.jobs.wake import wake
from core.models import User
from core.names import check_name
from perg_site.models import Delivery, Webhook
from perg_site.models.webhook import SUBSCRIBABLE, DeliveryStatus, Event
from perg_site.webhooks.addresses import problem_with
from perg_site.webhooks.outbox import DELIVER, put_in
from perg_site.webhooks.signature import new_seed, secret_of


@dataclass(frozen=True, slots=True)
class IssuedWebhook:
    """A webhook with its secret, which is shown this once."""

    webhook: Webhook
    secret: str


@transaction.atomic
def create_webhook(*, name: str, url: str, events: Collection[str], actor: User) -> IssuedWebhook:
    """An address that gets these events from now on."""
    check_name(name)
    _check(url, events)
    if Webhook.objects.filter(name=name).exists():
        raise Conflict(f"There is a webhook named “{name}” already.", field="name")
    webhook = Webhook.objects.create(
        name=name, url=url, events=_in_order(events), secret_seed=new_seed(), created_by=actor
    )
    record("webhook.created", actor=actor, subject=webhook, name=name, url=url, events=webhook.events)
    return IssuedWebhook(webhook, secret_of(webhook.secret_seed))


@transaction.atomic
def change_webhook(
    *, webhook: Webhook, actor: User, url: str | None = None, events: Collection[str] | None = None
) -> Webhook:
    """Another address, or other events; what is left out stays."""
    url = webhook.url if url is None else url
    events = webhook.events if events is None else events
    _check(url, events)
    before = {"url": webhook.url, "events": webhook.events}
    webhook.url, webhook.events = url, _in_order(events)
    webhook.save(update_fields=["url", "events"])
    after = {"url": url, "events": webhook.events}
    if after != before:
        record("webhook.changed", actor=actor, subject=webhook, before=before, after=after)
    return webhook


@transaction.atomic
def pause_webhook(*, webhook: Webhook, actor: User) -> Webhook:
    """Tell it nothing more. What waits for it waits on; what happens meanwhile it never hears of."""
    return _set_active(webhook, False, actor)


@transaction.atomic
def resume_webhook(*, webhook: Webhook, actor: User) -> Webhook:
    """Tell it again what happens, beginning with what has waited."""
    resumed = _set_active(webhook, True, actor)
    wake(DELIVER, webhook.pk)
    return resumed


def _set_active(webhook: Webhook, is_active: bool, actor: User) -> Webhook:
    if not Webhook.objects.filter(pk=webhook.pk, is_active=not is_active).update(is_active=is_active):
        raise Conflict(f"The webhook is {'active' if is_active else 'paused'} already.")
    webhook.is_active = is_active
    record(f"webhook.{'resumed' if is_active else 'paused'}", actor=actor, subject=webhook, name=webhook.name)
    return webhook


@transaction.atomic
def renew_secret(*, webhook: Webhook, actor: User) -> IssuedWebhook:
    """Sign with a new secret from now on; the old one is worthless at once."""
    webhook.secret_seed = new_seed()
    webhook.save(update_fields=["secret_seed"])
    record("webhook.secret_renewed", actor=actor, subject=webhook, name=webhook.name)
    return IssuedWebhook(webhook, secret_of(webhook.secret_seed))


@transaction.atomic
def delete_webhook(*, webhook: Webhook, actor: User) -> None:
    """Delete a webhook with its log of deliveries."""
    record("webhook.deleted", actor=actor, subject=webhook, name=webhook.name, url=webhook.url)
    webhook.delete()


@transaction.atomic
def ping_webhook(*, webhook: Webhook, actor: User) -> Delivery:
    """Send a test. Raises Conflict for a webhook that is paused."""
    _check_active(webhook)
    facts = {"webhook": {"id": webhook.pk, "name": webhook.name, "events": webhook.events}}
    (delivery,) = put_in(Event.PING, facts, [webhook])
    record("webhook.pinged", actor=actor, subject=webhook, name=webhook.name)
    return delivery


@transaction.atomic
def send_again(*, delivery: Delivery, actor: User) -> Delivery:
    """Send the same event to the same webhook once more, whatever came of it, as a delivery of its own.

    Its receiver knows a repetition by the event's id.
    """
    _check_active(delivery.webhook)
    if delivery.status == DeliveryStatus.WAITING:
        # It waits for its next attempt: that comes now.
        held = Delivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.WAITING)
        if held.update(next_attempt_at=timezone.now()):
            wake(DELIVER, delivery.webhook_id)
            return delivery
        delivery.refresh_from_db()
    if delivery.status == DeliveryStatus.SENDING:
        raise Conflict("This delivery is being sent just now.", code="being_sent")
    again = Delivery.objects.create(
        webhook=delivery.webhook,
        event_id=delivery.event_id,
        event=delivery.event,
        payload=delivery.payload,
        next_attempt_at=timezone.now(),
    )
    record("webhook.sent_again", actor=actor, subject=delivery.webhook, event_id=str(delivery.event_id))
    wake(DELIVER, delivery.webhook_id)
    return again


def _check(url: str, events: Collection[str]) -> None:
    if problem := problem_with(url, networks=settings.WEBHOOK_NETWORKS):
        raise DomainError(problem, code="address_refused", field="url")
    if not events or not set(events) <= {event.value for event in SUBSCRIBABLE}:
        raise DomainError("Choose at least one event.", field="events")


def _check_active(webhook: Webhook) -> None:
    if not webhook.is_active:
        raise Conflict("The webhook is paused: resume it first.", code="paused")


def _in_order(events: Collection[str]) -> list[str]:
    return [event.value for event in SUBSCRIBABLE if event.value in set(events)]
