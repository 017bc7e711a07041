"""Whether a session still owes its second factor. It says so itself, so that no request asks the database."""

from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from core.errors import NotAllowed
from core.models import Authenticator, User
from core.rights import manages

STATE = "second_factor"
CODE = "code"
"""The password was right; a code of the person's authenticator is owed."""
SETUP = "setup"
"""The site requires a second factor of this person, who has none yet."""
PASSED = "passed"
OWED_WORDS = {
    CODE: "Enter the code of your authenticator app first.",
    SETUP: "This site requires a second factor. Set one up first.",
}


def is_required_of(user: User) -> bool:
    """Whether the site requires a second factor of this person. Admins lead every campaign, so they are among leads."""
    required = settings.REQUIRE_SECOND_FACTOR
    if "admins" in required and user.is_staff:
        return True
    return "leads" in required and manages(user)


def authenticator_of(user: User) -> Authenticator | None:
    """The person's authenticator, if they have set one up."""
    device: Authenticator | None = Authenticator.objects.filter(user_id=user.pk, confirmed=True).first()
    return device


def begin(session: SessionBase, user: User) -> str | None:
    """Note in the session what is owed after the password; None: nothing."""
    owed = CODE if authenticator_of(user) else SETUP if is_required_of(user) else None
    if owed is None:
        session.pop(STATE, None)
    else:
        session[STATE] = owed
    return owed


def owed(session: SessionBase, user: User | AnonymousUser) -> str | None:
    """What the session owes before it may be used.

    An admin may have become one since the login, or the setting may be new: that costs no query to see.
    """
    if SESSION_KEY not in session or not user.is_authenticated:
        return None
    if STATE not in session and user.is_staff and settings.REQUIRE_SECOND_FACTOR:
        begin(session, user)
    state: Any = session.get(STATE)
    return state if state in (CODE, SETUP) else None


def check_session(session: SessionBase, user: User) -> None:
    """Raises NotAllowed in a session that owes its second factor."""
    if state := owed(session, user):
        raise NotAllowed(OWED_WORDS[state], code="second_factor_required")


def look_again(request: HttpRequest) -> None:
    """A second factor may be required since the person has become a lead, or since the setting has changed."""
    if settings.REQUIRE_SECOND_FACTOR and STATE not in request.session and request.user.is_authenticated:
        begin(request.session, request.user)


def passed(request: HttpRequest) -> None:
    """The session is as good as it gets, under a new key."""
    request.session[STATE] = PASSED
    request.session.cycle_key()


def is_missing(user: User) -> bool:
    """Whether the person owes the site a second factor and has none: their tokens wait until they have one."""
    return bool(settings.REQUIRE_SECOND_FACTOR) and is_required_of(user) and authenticator_of(user) is None
