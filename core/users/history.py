"""How a person's account was used: what the audit log says of logins, passwords and second factors."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from core.models import AuditEvent, User
from core.users.login.origin import device
from core.users.second_factor.state import CODE
from core.users.sessions.ending import sessions_of

SHOWN = 30
WORDS = {
    "login.succeeded": "Logged in",
    "login.failed": "Wrong password",
    "login.throttled": "Too many wrong passwords",
    "login.second_factor_passed": "Second factor passed",
    "login.second_factor_failed": "Wrong code",
    "logout": "Logged out",
    "session.ended": "Sessions ended",
    "account.password_changed": "Password changed",
    "account.password_reset": "Password reset by a link",
    "account.password_set": "New password: earlier sessions and API tokens ended",
    "account.password_refused": "Wrong password when asked again",
    "account.reset_link_made": "An admin made a link for a new password",
    "account.deactivated": "Account deactivated",
    "account.reactivated": "Account reactivated",
    "account.admin_granted": "Admin rights granted",
    "account.admin_withdrawn": "Admin rights withdrawn",
    "second_factor.added": "Second factor set up",
    "second_factor.removed": "Second factor removed",
    "second_factor.reset": "Second factor reset",
    "recovery_code.made": "New recovery codes made",
    "recovery_code.used": "Recovery code used",
}


@dataclass(frozen=True, slots=True)
class ShownSession:
    """A session in words. `is_current`: the one in which the page is shown."""

    public_id: UUID | None
    device: str
    address: str
    began_at: datetime | None
    last_seen_at: datetime | None
    is_current: bool


@dataclass(frozen=True, slots=True)
class ShownEvent:
    at: datetime
    words: str
    by: str
    address: str
    device: str


def shown_sessions(user: User, *, current: str | None = None) -> list[ShownSession]:
    """The person's sessions; `current` is the key of the one in which they ask."""
    return [
        ShownSession(
            session.public_id,
            device(session.user_agent),
            session.address,
            session.began_at,
            session.last_seen_at,
            session.session_key == current,
        )
        for session in sessions_of(user)
    ]


def access_events(user: User) -> QuerySet[AuditEvent]:
    """What happened to the person's account, newest first."""
    events = AuditEvent.objects.about(user).filter(action__in=WORDS)
    return events.select_related("actor").order_by("-pk")


def _words(event: AuditEvent) -> str:
    if event.action == "login.succeeded" and event.details.get("second_factor") == CODE:
        return "Password entered, code asked for"
    return WORDS[event.action]


def shown_events(user: User) -> list[ShownEvent]:
    return [
        ShownEvent(
            event.at,
            _words(event),
            event.actor.get_username() if event.actor and event.actor_id != user.pk else "",
            event.details.get("address", ""),
            device(event.details["user_agent"]) if event.details.get("user_agent") else "",
        )
        for event in access_events(user)[:SHOWN]
    ]
