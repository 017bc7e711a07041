"""Who asks: the owner of the token in the header, or the person logged in in the browser."""

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.request import Request

from core.api.throttles import ANONYMOUS
from core.audit import writing as audit
from core.errors import NotAllowed
from core.http.throttle import address_of
from core.models import ApiToken, User
from core.users.login.access_log import ALL_WRONG_PASSWORDS, REFUSED_TOKENS, note, note_limited
from core.users.second_factor.state import check_session, is_missing
from core.users.tokens.tokens import note_use, token_by

SCHEME = "Bearer"


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer perg_…`

    The audit log records which token the request came with; `OriginMiddleware` clears that afterwards.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        audit.means.set(None)
        scheme, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        token = token_by(secret.strip())
        try:
            check_token(token)
        except AuthenticationFailed as error:
            _note_refused(request, token, str(error.get_codes()))
            count_anonymous(request)
            raise
        assert token is not None
        if is_missing(token.user):
            raise NotAllowed(
                "This site requires a second factor of the token's owner, who has none yet.",
                code="second_factor_required",
            )
        audit.means.set({"token": f"{token.name} ({token.prefix}…)", "token_id": token.pk})
        if note_use(token, at=timezone.now()):
            facts = {"username": token.user.get_username(), "name": token.name}
            note("token.first_used", request=request, actor=token.user, subject=token, **facts)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="api"'


def check_token(token: ApiToken | None) -> None:
    """Raises AuthenticationFailed for a token that lets nobody in."""
    if token is None:
        raise AuthenticationFailed("There is no such token.", code="token_unknown")
    if not token.user.is_active:
        raise AuthenticationFailed("The account is deactivated.", code="account_inactive")
    if token.revoked_at is not None:
        raise AuthenticationFailed("The token was revoked.", code="token_revoked")
    if token.has_expired:
        raise AuthenticationFailed("The token has expired.", code="token_expired")


class BrowserAuthentication(SessionAuthentication):
    """The person who is logged in. It comes last: requests that it does not know either are counted by address."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        login: tuple[User, None] | None = super().authenticate(request)
        if login is None:
            count_anonymous(request)
        else:
            check_session(request.session, login[0])
        return login

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise NotAllowed(str(error.detail), code="csrf_failed") from error


def count_anonymous(request: Request) -> None:
    """Raises Throttled for an address from which too much has come that nobody stands for."""
    wait = ANONYMOUS.wait_after_counting(address_of(request))
    if wait is not None:
        raise Throttled(wait)


def _note_refused(request: Request, token: ApiToken | None, reason: str) -> None:
    """In the audit log, once an hour for each token, and for each address from which unknown ones come."""
    key = f"token {token.pk}" if token else f"address {address_of(request)}"
    facts = {"username": token.user.get_username(), "name": token.name} if token else {}
    limits = ((REFUSED_TOKENS, (key,)), (ALL_WRONG_PASSWORDS, ("tokens",)))
    note_limited("token.refused", *limits, request=request, actor=None, subject=token, reason=reason, **facts)
