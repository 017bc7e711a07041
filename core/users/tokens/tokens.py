"""API tokens: making, revoking and finding them. Only a hash of a secret is stored."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from core.audit.writing import record
from core.errors import Conflict, DomainError, NotAllowed
from core.models import ApiToken, User
from core.names import check_name
from core.rights import manages
from core.scopes import Scope
from core.users.second_factor.state import is_missing

PREFIX = "perg_"
SECRET_BYTES = 32
SHOWN_CHARACTERS = len(PREFIX) + 6
DAYS = 90
MOST_DAYS = 366
USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token with its secret, which nobody can read again."""

    token: ApiToken
    secret: str


def scopes_open_to(user: User) -> list[Scope]:
    """The scopes that a token of this person may have: only staff and leads have anything to manage."""
    may_manage = manages(user)
    return [scope for scope in Scope if scope != Scope.MANAGE or may_manage]


@transaction.atomic
def create_token(
    *, user: User, name: str, scopes: Collection[str], days: int = DAYS, actor: User | None = None
) -> IssuedToken:
    """A token by which a program acts for `user`; `actor` None: an operator at the command line.

    Raises NotAllowed for a scope that the person has no use for, or for an account that is deactivated.
    """
    # Under the lock that shutting the person out takes: it revokes every token of theirs, this one too.
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not user.is_active:
        raise NotAllowed(f"{user.get_username()} is deactivated.")
    if is_missing(user):
        raise NotAllowed(f"{user.get_username()} must set up a second factor first.")
    if not scopes or not set(scopes) <= set(Scope.values):
        raise DomainError(f"Choose among {', '.join(Scope.values)}.", code="scope_unknown", field="scopes")
    if not set(scopes) <= set(scopes_open_to(user)):
        raise NotAllowed("Only admins and leads may have a token that manages.", field="scopes")
    if not 1 <= days <= MOST_DAYS:
        raise DomainError(f"A token is good for 1 to {MOST_DAYS} days.", code="expiry", field="days")
    check_name(name)
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        scopes=[scope for scope in Scope.values if scope in scopes],
        secret_hash=hash_of(secret),
        prefix=secret[:SHOWN_CHARACTERS],
        expires_at=timezone.now() + timedelta(days=days),
    )
    record(
        "token.created",
        actor=actor,
        subject=token,
        username=user.get_username(),
        name=name,
        scopes=token.scopes,
        expires_at=token.expires_at.isoformat(),
    )
    return IssuedToken(token, secret)


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: User | None, reason: str = "") -> ApiToken:
    """Make the token worthless. Raises Conflict where it is revoked already."""
    now = timezone.now()
    if not ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now):
        raise Conflict("This token is revoked already.")
    token.revoked_at = now
    username, name = token.user.get_username(), token.name
    record("token.revoked", actor=actor, subject=token, username=username, name=name, reason=reason)
    return token


@transaction.atomic
def revoke_tokens(*, user: User, actor: User | None, reason: str, scope: str | None = None) -> int:
    """Make all of a person's tokens worthless, or those with a scope; gives their number."""
    # Under the lock that making a token takes: one that is just being made is among them, or is refused.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    tokens = valid_tokens_of(user).select_for_update(no_key=True, of=("self",)).select_related("user")
    if scope is not None:
        tokens = tokens.filter(scopes__contains=[scope])
    for token in (listed := list(tokens)):
        revoke_token(token=token, actor=actor, reason=reason)
    return len(listed)


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """A person's tokens, newest first."""
    return ApiToken.objects.filter(user=user)


def valid_tokens_of(user: User) -> QuerySet[ApiToken]:
    """Those that let a program in."""
    return ApiToken.objects.filter(user=user, revoked_at__isnull=True, expires_at__gt=timezone.now())


def token_by(secret: str) -> ApiToken | None:
    """The token with this secret, good or not, with its user."""
    return ApiToken.objects.select_related("user").filter(secret_hash=hash_of(secret)).first()


def note_use(token: ApiToken, *, at: datetime) -> bool:
    """Remember that the token is in use, to the minute: not every request writes. True: it is the first use."""
    if token.last_used_at is None:
        return bool(ApiToken.objects.filter(pk=token.pk, last_used_at__isnull=True).update(last_used_at=at))
    before = at - USE_NOTED_EVERY
    if token.last_used_at < before:
        ApiToken.objects.filter(pk=token.pk, last_used_at__lt=before).update(last_used_at=at)
    return False


def hash_of(secret: str) -> str:
    """What is stored of a secret. It is random and long, so that a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
