"""Logins, wrong passwords and refused access in the audit log, at a limited rate: nobody can fill the log by trying.

Without Redis each process counts for itself: see `core.http.throttle`.
"""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest

from core.audit.writing import record
from core.http.throttle import Throttle, address_of
from core.models import User
from core.users.login.backend import limit_reached
from core.users.login.origin import Origin, plain
from core.users.second_factor import state as second_factor_state
from core.users.sessions import sign_in

LONGEST_NAME = 150
SHOWN_OF_ODD_NAMES = 3
HOUR = 3600

WRONG_PASSWORDS = Throttle("log-login-failed", limit=60, seconds=HOUR)
"""By address."""
ALL_WRONG_PASSWORDS = Throttle("log-login-failed-all", limit=1000, seconds=HOUR)
REFUSALS = Throttle("log-refused", limit=1, seconds=HOUR)
"""By person and route."""
ALL_REFUSALS = Throttle("log-refused-all", limit=30, seconds=HOUR)
"""By person."""
THROTTLED = Throttle("log-throttled", limit=1, seconds=900)
"""By name and address."""
REFUSED_TOKENS = Throttle("log-token-refused", limit=1, seconds=HOUR)
"""By token, or by address where there is no such token."""
WRONG_CODES = Throttle("log-wrong-codes", limit=30, seconds=HOUR)
"""By person: wrong codes of a second factor, and wrong passwords where one is asked for again."""
LIMIT_REACHED = "No more of these are recorded for up to an hour."


def note(
    action: str,
    *,
    request: HttpRequest,
    actor: AbstractBaseUser | None,
    subject: models.Model | None = None,
    **details: object,
) -> None:
    """Record an event of access, with where the request came from."""
    origin = Origin.of(request)
    facts: dict[str, Any] = {**details, "address": origin.address, "user_agent": origin.user_agent}
    record(action, actor=actor, subject=subject, **facts)


def note_limited(
    action: str, *limits: tuple[Throttle, tuple[str, ...]], request: HttpRequest, **details: Any
) -> None:
    """The same, unless one of the limits is reached. The last event within a limit says so."""
    if not all(limit.attempt(*key) for limit, key in limits):
        return
    if any(limit.limit > 1 and limit.is_spent(*key) for limit, key in limits):
        details["note"] = LIMIT_REACHED
    note(action, request=request, **details)


def logged_in(sender: object, *, request: HttpRequest, user: User, **_: object) -> None:
    """Django's signal: begin the session's own record, and note what it owes after the password."""
    sign_in.begin(request)
    owed = second_factor_state.begin(request.session, user)
    if address_of(request):  # none: code has logged somebody in, not a browser
        note("login.succeeded", request=request, actor=user, subject=user, second_factor=owed or "none")


def logged_out(sender: object, *, request: HttpRequest, user: User | None, **_: object) -> None:
    if user is not None and address_of(request):
        note("logout", request=request, actor=user, subject=user)


def login_failed(
    sender: object, *, credentials: dict[str, Any], request: HttpRequest | None = None, **_: object
) -> None:
    """Django's signal. `credentials` hold the name; Django has taken the password out."""
    if request is None:
        return
    typed = str(credentials.get("username", ""))
    address = address_of(request)
    known = User.objects.filter(username=plain(typed, LONGEST_NAME)).first()
    details = {"actor": None, "subject": known, "username": shown_name(typed, is_known=known is not None)}
    if limit_reached(request, typed):
        note_limited("login.throttled", (THROTTLED, (typed.casefold(), address)), request=request, **details)
    else:
        limits = ((WRONG_PASSWORDS, (address,)), (ALL_WRONG_PASSWORDS, ()))
        note_limited("login.failed", *limits, request=request, **details)


def shown_name(typed: str, *, is_known: bool) -> str:
    """The name as it is recorded. Some people type their password here: of what cannot be a username, hardly anything
    is recorded.
    """
    name = plain(typed, LONGEST_NAME)
    if is_known:
        return name
    try:
        UnicodeUsernameValidator()(typed)
    except ValidationError:
        return f"{name[:SHOWN_OF_ODD_NAMES]}…"
    return name
