"""What the site does when somebody logs in or out, changes their password, or gains or loses a right."""

from django.contrib.auth import signals
from django.db import transaction

from core.audit.writing import record
from core.models import User
from core.scopes import Scope
from core.users.login import access_log
from core.users.sessions.ending import end_sessions
from core.users.signals import account_deactivated, rights_changed
from core.users.tokens.tokens import revoke_tokens, scopes_open_to


def connect() -> None:
    signals.user_logged_in.connect(access_log.logged_in)
    signals.user_logged_out.connect(access_log.logged_out)
    signals.user_login_failed.connect(access_log.login_failed)
    account_deactivated.connect(end_all_access)
    rights_changed.connect(limit_access)


def end_all_access(sender: object, *, user: User, actor: User, **_: object) -> None:
    """A deactivated person keeps no session and no token, not even when the account is reactivated."""
    end_sessions(user=user, actor=actor)
    revoke_tokens(user=user, actor=actor, reason="account deactivated")


def limit_access(sender: object, *, user: User, actor: User, is_admin_changed: bool, **_: object) -> None:
    """What was made under another role ends: all sessions when admin rights come or go, and tokens that manage as soon
    as the role that they were made under is gone.
    """
    if is_admin_changed:
        end_sessions(user=user, actor=actor)
    user = User.objects.get(pk=user.pk)
    lost_admin = is_admin_changed and not user.is_staff
    if lost_admin or Scope.MANAGE not in scopes_open_to(user):
        revoke_tokens(user=user, actor=actor, reason="role lost", scope=Scope.MANAGE)


@transaction.atomic
def end_what_the_password_let_in(user: User) -> None:
    """After a new password, in whatever way it was set: no session and no token of before is good any more."""
    sessions = end_sessions(user=user, actor=None)
    tokens = revoke_tokens(user=user, actor=None, reason="new password")
    if sessions or tokens or user.last_login is not None:
        record(
            "account.password_set",
            actor=None,
            subject=user,
            username=user.get_username(),
            sessions=sessions,
            tokens=tokens,
        )
