"""Browsers in which somebody has logged in before: guessers elsewhere do not make them wait.

A signed cookie says for which name. It lets nobody in: it only moves wrong passwords from the count of all addresses
to one of this browser.
"""

import secrets
from collections.abc import Callable

from django.conf import settings
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import salted_hmac

from core.models import User

COOKIE = f"{settings.COOKIE_PREFIX}browser"
SALT = "perg_site.known_browser"  # stays when the module moves: browsers have cookies signed with it
SECONDS = 180 * 86400
ATTRIBUTE = "has_logged_in"


class KnownBrowserMiddleware:
    """Gives a browser its cookie with the answer to a login, whatever view the login was on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        name: str | None = getattr(request, ATTRIBUTE, None)
        if name is not None:
            browser = known_browser(request, name) or secrets.token_hex(16)
            response.set_signed_cookie(
                COOKIE,
                f"{browser}.{_hash_of(name)}",
                salt=SALT,
                max_age=SECONDS,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


def note_login(sender: object, *, request: HttpRequest | None, user: User, **_: object) -> None:
    """A receiver of Django's `user_logged_in`."""
    if request is not None:
        setattr(request, ATTRIBUTE, user.get_username())


def known_browser(request: HttpRequest, name: str) -> str | None:
    """The number of this browser, if this name has logged in with it before."""
    try:
        cookie = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=SECONDS)
    except BadSignature:
        return None
    browser, _, name_hash = (cookie or "").partition(".")
    return browser if browser and secrets.compare_digest(name_hash, _hash_of(name)) else None


def _hash_of(name: str) -> str:
    return salted_hmac(SALT, name.casefold().encode("utf-8", "surrogatepass"), algorithm="sha256").hexdigest()
