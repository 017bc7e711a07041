"""Webhooks: addresses that are told what has happened, and each delivery."""

from perg_site.models.webhook import Delivery, Webhook

__all__ = [
    "Delivery",
    "Webhook",
]
