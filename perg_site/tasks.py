"""Celery tasks that belong to no app: telling webhooks what has happened, and clearing sessions."""

from celery import shared_task

from core.users.sessions.store import SessionStore
from perg_site.models import Webhook
from perg_site.webhooks import sending


@shared_task
def deliver(webhook_id: int) -> None:
    """Send what waits for a webhook."""
    webhook = Webhook.objects.filter(pk=webhook_id).first()
    if webhook is not None:
        sending.deliver(webhook)


@shared_task
def clear_expired_sessions() -> None:
    """Delete sessions that nobody can use any more."""
    SessionStore.clear_expired()
