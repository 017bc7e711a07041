"""Webhooks: addresses that are notified of events, and each delivery."""

from perg_site.models.webhook import Delivery, Webhook

__all__ = [
    "Delivery",
    "Webhook",
]
