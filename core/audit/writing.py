"""Writing the audit log: in the transaction of what it tells of, so that neither is there without the other."""

from collections.abc import Mapping
from contextvars import ContextVar

from django.contrib.auth.models import AbstractBaseUser
from django.db import models

from core.models import AuditEvent
from core.models.audit import named

origin: ContextVar[Mapping[str, str] | None] = ContextVar("origin", default=None)
"""Where the request under way comes from. It is recorded with what concerns accounts."""

WITH_ORIGIN = {"access", "account", "login", "logout", "recovery_code", "second_factor", "session", "token"}


def record(
    action: str,
    *,
    actor: AbstractBaseUser | None,
    scope: models.Model | None = None,
    subject: models.Model | None = None,
    **details: object,
) -> AuditEvent:
    """Note that `actor` (None: the platform by itself) did `action`, such as `label.submitted`, to `subject`.

    `scope` is what that is part of, such as a campaign; None: the site.

    `details` are facts for people to read, JSON values without any secret.
    """
    if action.partition(".")[0] in WITH_ORIGIN:
        details = {**(origin.get() or {}), **details}
    return AuditEvent.objects.create(
        action=action,
        actor_id=actor.pk if actor else None,
        scope=named(scope),
        subject=named(subject),
        details=details,
    )
