"""Webhooks and their deliveries, for pages and programs."""

from django.db.models import OuterRef, QuerySet, Subquery

from core.errors import NotFound
from perg_site.models import Delivery, Webhook


def webhooks_with_last() -> QuerySet[Webhook]:
    """All webhooks, each with `last_status`, `last_error` and `last_at` of its newest delivery."""
    newest = Delivery.objects.filter(webhook=OuterRef("pk")).order_by("-pk")
    return Webhook.objects.select_related("created_by").annotate(
        last_status=Subquery(newest.values("status")[:1]),
        last_error=Subquery(newest.values("error")[:1]),
        last_at=Subquery(newest.values("created_at")[:1]),
    )


def webhook_or_404(webhook_id: int) -> Webhook:
    """Raises NotFound."""
    webhook = webhooks_with_last().filter(pk=webhook_id).first()
    if webhook is None:
        raise NotFound("There is no such webhook.")
    return webhook


def delivery_or_404(webhook: Webhook, delivery_id: int) -> Delivery:
    """A delivery to the webhook. Raises NotFound."""
    delivery = Delivery.objects.filter(webhook=webhook, pk=delivery_id).first()
    if delivery is None:
        raise NotFound("There is no such delivery.")
    delivery.webhook = webhook
    return delivery


def deliveries_to(webhook: Webhook, *, status: str = "", event: str = "") -> QuerySet[Delivery]:
    """Newest first; what is left out does not narrow it."""
    deliveries = Delivery.objects.filter(webhook=webhook).order_by("-pk")
    if status:
        deliveries = deliveries.filter(status=status)
    return deliveries.filter(event=event) if event else deliveries
