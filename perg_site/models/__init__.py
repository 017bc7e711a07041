"""What belongs to no single app: API tokens, the answers given again for an idempotency key, and webhooks."""

from perg_site.models.idempotency import IdempotencyKey
from perg_site.models.token import ApiToken
from perg_site.models.webhook import Delivery, Webhook

__all__ = ["ApiToken", "Delivery", "IdempotencyKey", "Webhook"]
