"""Webhooks and their deliveries, for pages and programs."""

from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery

from core.errors import NotFound
from perg_site.models import Delivery, Webhook

ON_A_PAGE = 50


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


@dataclass(frozen=True, slots=True)
class Page:
    """Deliveries, newest first; `older` is where the next page begins, None on the last one."""

    deliveries: list[Delivery]
    older: int | None


def deliveries_to(webhook: Webhook, *, status: str = "", event: str = "") -> QuerySet[Delivery]:
    """Newest first; what is left out does not narrow it."""
    found = Delivery.objects.filter(webhook=webhook).order_by("-pk")
    if status:
        found = found.filter(status=status)
    return found.filter(event=event) if event else found


def page_of(found: QuerySet[Delivery], *, before: int | None) -> Page:
    rows = list((found if before is None else found.filter(pk__lt=before))[: ON_A_PAGE + 1])
    return Page(rows[:ON_A_PAGE], rows[ON_A_PAGE - 1].pk if len(rows) > ON_A_PAGE else None)
