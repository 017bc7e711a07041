"""Tables of the ground floor: people and how they log in, the audit log, and answers kept for repeated requests."""

from core.models.audit import AuditEvent
from core.models.idempotency import IdempotencyKey
from core.models.second_factor import Authenticator, RecoveryCode
from core.models.session import Session
from core.models.token import ApiToken
from core.models.user import User
from core.models.wrong_passwords import WrongPasswords

__all__ = [
    "ApiToken",
    "AuditEvent",
    "Authenticator",
    "IdempotencyKey",
    "RecoveryCode",
    "Session",
    "User",
    "WrongPasswords",
]
