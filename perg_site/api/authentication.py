"""Who asks: the owner of the token in the header, or whoever is logged in in the browser."""

from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from perg_site.api.throttles import ANONYMOUS
from perg_site.models import ApiToken
from perg_site.throttle import address_of
from perg_site.tokens import note_use, token_by

SCHEME = "Bearer"


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer perg_…`"""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() == "token":  # what the first versions took
            raise AuthenticationFailed(f"Send “Authorization: {SCHEME} …”.", code="scheme_unknown")
        if scheme.lower() != SCHEME.lower():
            return None
        try:
            return self._owner(secret.strip())
        except AuthenticationFailed:
            count_anonymous(request)
            raise

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="api"'

    def _owner(self, secret: str) -> tuple[User, ApiToken]:
        token = token_by(secret)
        if token is None:
            raise AuthenticationFailed("There is no such token.", code="token_unknown")
        if not token.user.is_active:
            raise AuthenticationFailed("The account is deactivated.", code="account_inactive")
        if token.revoked_at is not None:
            raise AuthenticationFailed("The token was revoked.", code="token_revoked")
        if token.has_expired:
            raise AuthenticationFailed("The token has expired.", code="token_expired")
        note_use(token, at=timezone.now())
        return token.user, token


class BrowserAuthentication(SessionAuthentication):
    """Whoever is logged in. It is asked last: those whom it does not know either are counted by their address."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        found: tuple[User, None] | None = super().authenticate(request)
        if found is None:
            count_anonymous(request)
        return found


def count_anonymous(request: Request) -> None:
    """Raises Throttled for an address from which too much has come that nobody stands for."""
    wait = ANONYMOUS.wait_after_counting(address_of(request._request))
    if wait is not None:
        raise Throttled(wait)
