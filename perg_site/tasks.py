"""Celery tasks that belong to no app: telling webhooks what has happened, and clearing sessions."""

from celery import shared_task
from django.conf import settings

from perg_site.accounts.session_store import SessionStore
from perg_site.models import Webhook
from perg_site.webhooks import sending


@shared_task
def deliver(webhook_id: int) -> None:
    """Send what waits for a webhook."""
    webhook = Webhook.objects.filter(pk=webhook_id).first()
    if webhook is not None:
        sending.deliver(webhook)


@shared_task
def sweep_deliveries() -> None:
    """Wake workers for what is due again, or was left behind; forget what is long past."""
    sending.give_up_lost()
    sending.forget_old()
    for webhook in sending.webhooks_with_due():
        deliver.apply_async((webhook.pk,), expires=settings.SWEEP_SECONDS)


@shared_task
def clear_expired_sessions() -> None:
    """Delete sessions that nobody can use any more."""
    SessionStore.clear_expired()
