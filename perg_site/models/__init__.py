"""What belongs to no single app: API tokens, sessions, second factors, the answers given again for an idempotency
key, and webhooks.
"""

from perg_site.models.idempotency import IdempotencyKey
from perg_site.models.second_factor import Authenticator, RecoveryCode
from perg_site.models.session import Session
from perg_site.models.token import ApiToken
from perg_site.models.webhook import Delivery, Webhook

__all__ = [
    "ApiToken",
    "Authenticator",
    "Delivery",
    "IdempotencyKey",
    "RecoveryCode",
    "Session",
    "Webhook",
]
