"""Writing the audit log: in the transaction of the change, so that neither exists without the other."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser
from django.db import models

from core.models import AuditEvent
from core.models.audit import named

origin: ContextVar[Mapping[str, str] | None] = ContextVar("origin", default=None)
"""Where the request under way comes from. It is recorded with what concerns accounts."""

means: ContextVar[Mapping[str, object] | None] = ContextVar("means", default=None)
"""By what the actor acts now: an API token, or a command. It is recorded with everything."""

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

    `details` are facts for people to read, without any secret: JSON values, amounts and days.
    """
    if action.partition(".")[0] in WITH_ORIGIN:
        details = {**(origin.get() or {}), **details}
    details |= means.get() or {}
    return AuditEvent.objects.create(
        action=action,
        actor_id=actor.pk if actor else None,
        scope=named(scope),
        subject=named(subject),
        details=_as_json(details),
    )


@contextmanager
def acting_by(**facts: object) -> Iterator[None]:
    """What is recorded inside names these facts, such as the command that somebody runs on the server."""
    before = means.set(facts)
    try:
        yield
    finally:
        means.reset(before)


def _as_json(value: object) -> object:
    match value:
        case Mapping():
            return {name: _as_json(part) for name, part in value.items()}
        case Decimal():
            return f"{value.normalize():f}"
        case date():
            return value.isoformat()
        case _:
            return value
