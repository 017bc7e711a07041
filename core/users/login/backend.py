"""Logging in, with a limit on wrong passwords that holds for every way in: the login page and the admin site's.

django-axes would do the same with tables, a middleware and a page of settings of its own; these lines are enough.
"""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest

from core.db.columns import Columns
from core.db.prepared import prepared_row
from core.http.throttle import Throttle, address_of
from core.models import User
from core.users.login import delay as login_delay
from core.users.login.known_browser import known_browser

MINUTES = 15
# By name and address: attempts from elsewhere do not lock the owner out.
BY_NAME = Throttle("login", limit=10, seconds=MINUTES * 60)
# By address alone: few names are tried often, but many names once. A room of annotators may share an address.
BY_ADDRESS = Throttle("login-address", limit=200, seconds=MINUTES * 60)
# In a browser that has logged in with the name before; all others together have `login_delay`.
BY_BROWSER = Throttle("login-browser", limit=10, seconds=MINUTES * 60)


_PERSON = Columns(User, "person")
_BY_KEY = f"SELECT {_PERSON} FROM core_user AS person WHERE id = %s"


class ThrottledBackend(ModelBackend):
    """Django's own backend, which does not even look at the password after too many wrong ones."""

    def get_user(self, user_id: int) -> User | None:
        """The person of a session, prepared: every request asks, and the ORM takes six times as long."""
        row = prepared_row(_BY_KEY, [user_id])
        user = _PERSON.instance(row) if row else None
        return user if user and self.user_can_authenticate(user) else None

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,  # as in Django's own
    ) -> User | None:
        if request is None or username is None:
            return super().authenticate(request, username=username, password=password, **kwargs)
        if not _count_attempt(request, username):
            raise PermissionDenied
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is not None:
            _take_back_attempt(request, username)
        return user


def _count_attempt(request: HttpRequest, username: str) -> bool:
    """Whether the password may be looked at. All limits count the attempt, not only the first that it passes."""
    address, name = address_of(request), username.casefold()
    if browser := known_browser(request, username):
        return all([BY_BROWSER.attempt(name, browser), BY_ADDRESS.attempt(address)])
    return all([BY_NAME.attempt(name, address), BY_ADDRESS.attempt(address)]) and login_delay.count_attempt(
        name
    )


def _take_back_attempt(request: HttpRequest, username: str) -> None:
    address, name = address_of(request), username.casefold()
    BY_NAME.forget(name, address)
    BY_ADDRESS.take_back(address)
    if browser := known_browser(request, username):
        BY_BROWSER.forget(name, browser)
    login_delay.forget(name)


def limit_reached(request: HttpRequest, username: str) -> str:
    """What makes the next attempt fail, in words; empty: nothing."""
    address, name = address_of(request), username.casefold()
    browser = known_browser(request, username)
    by_name = BY_BROWSER.is_spent(name, browser) if browser else BY_NAME.is_spent(name, address)
    if by_name or BY_ADDRESS.is_spent(address):
        return (
            f"Too many attempts with a wrong password. Wait {MINUTES} minutes and try again, "
            "or have your password reset."
        )
    seconds = 0 if browser else login_delay.seconds_to_wait(name)
    if not seconds:
        return ""
    return (
        f"Too many attempts with a wrong password for this name. Wait {seconds} seconds and try again, or "
        "log in from a browser that you have used here before."
    )


class LoginForm(AuthenticationForm):
    """Tells a person who has tried too often so, instead of calling a right password wrong."""

    def get_invalid_login_error(self) -> ValidationError:
        name = str(self.cleaned_data.get("username", ""))
        if self.request and (limit := limit_reached(self.request, name)):
            return ValidationError(limit, code="throttled")
        return super().get_invalid_login_error()


class AdminLoginForm(LoginForm, AdminAuthenticationForm):
    """The admin site's form."""
