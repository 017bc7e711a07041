"""Logging in, with a limit on wrong passwords that holds for every way in: the login page and the admin site's.

django-axes would do the same with tables, a middleware and a page of settings of its own; these lines are enough.
"""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DEFAULT_DB_ALIAS, connection
from django.http import HttpRequest

from perg_site.throttle import Throttle, address_of

MINUTES = 15
# By name and address: whoever tries a name from elsewhere does not lock its owner out.
BY_NAME = Throttle("login", limit=10, seconds=MINUTES * 60)
# By address alone: few names are tried often, but many names once. A room of annotators may share an address.
BY_ADDRESS = Throttle("login-address", limit=200, seconds=MINUTES * 60)


COLUMNS = [field.attname for field in User._meta.concrete_fields]


class ThrottledBackend(ModelBackend):
    """Django's own backend, which does not even look at the password after too many wrong ones."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,  # as in Django's own
    ) -> User | None:
        if request is None or username is None:
            return super().authenticate(request, username=username, password=password, **kwargs)
        address = address_of(request)
        name = (username.casefold(), address)
        # Not `or`: both are counted.
        if not all([BY_NAME.attempt(*name), BY_ADDRESS.attempt(address)]):
            raise PermissionDenied
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is not None:
            BY_NAME.forget(*name)
            BY_ADDRESS.take_back(address)
        return user

    def get_user(self, user_id: int) -> User | None:
        """Who a session belongs to. Every request asks, so the query is written by hand: that is much less work."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM auth_user WHERE id = %s", [user_id])
            row = cursor.fetchone()
        user = User.from_db(DEFAULT_DB_ALIAS, COLUMNS, row) if row else None
        return user if user is not None and self.user_can_authenticate(user) else None


def is_throttled(username: str, address: str) -> bool:
    """Whether no password for this name is looked at from this address now."""
    return BY_NAME.is_spent(username.casefold(), address) or BY_ADDRESS.is_spent(address)


class LoginForm(AuthenticationForm):
    """Tells a person who has tried too often so, instead of calling a right password wrong."""

    def get_invalid_login_error(self) -> ValidationError:
        address = address_of(self.request) if self.request else ""
        if is_throttled(str(self.cleaned_data.get("username", "")), address):
            return ValidationError(
                f"There were too many attempts with a wrong password. Wait {MINUTES} minutes and try again, "
                "or have your password reset.",
                code="throttled",
            )
        return super().get_invalid_login_error()


class AdminLoginForm(LoginForm, AdminAuthenticationForm):
    """The admin site's form."""
