"""What a session remembers of its login, and how long it is good: an idle limit and an absolute one."""

import time
import uuid
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from core.users.login.origin import Origin

SIGN_IN = "sign_in"
SEEN = "seen_at"
# A session is written when it was last seen so long ago, or a tenth of the idle limit: not with each request.
SEEN_EVERY_SECONDS = 300


def begin(request: HttpRequest) -> None:
    """Note in the session when and from where the person logged in."""
    origin = Origin.of(request)
    now = int(time.time())
    request.session[SIGN_IN] = {
        "id": str(uuid.uuid4()),
        "at": now,
        "address": origin.address,
        "user_agent": origin.user_agent,
    }
    _see(request.session, now)


def is_over(session: SessionBase) -> bool:
    """Whether the session has reached one of its limits."""
    now = time.time()
    idle, age = now - session[SEEN], now - session[SIGN_IN]["at"]
    return bool(idle > settings.SESSION_IDLE_SECONDS or age > settings.SESSION_ABSOLUTE_SECONDS)


def is_due(session: SessionBase) -> bool:
    """Whether it is time to note again that the session is in use."""
    every = min(SEEN_EVERY_SECONDS, settings.SESSION_IDLE_SECONDS / 10)
    return bool(time.time() - session[SEEN] > every)


def keep_alive(session: SessionBase) -> None:
    """Note that the session is in use: the idle limit begins again, the absolute one does not."""
    _see(session, int(time.time()))


def _see(session: SessionBase, now: int) -> None:
    session[SEEN] = now
    end = min(now + settings.SESSION_IDLE_SECONDS, session[SIGN_IN]["at"] + settings.SESSION_ABSOLUTE_SECONDS)
    # A moment, not a number of seconds: a session that is saved for another reason must not live longer for it.
    session.set_expiry(datetime.fromtimestamp(end, UTC))
