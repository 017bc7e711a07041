"""What an admin can do with another person's access. Each gives a sentence that says what happened."""

from collections.abc import Callable

from django.db import transaction

from core.errors import NotAllowed
from core.models import User
from core.users.second_factor.changes import remove_second_factor
from core.users.sessions.ending import end_sessions
from core.users.tokens.tokens import revoke_tokens


def end_all_sessions(person: User, actor: User) -> str:
    return f"Ended {_count(end_sessions(user=person, actor=actor), 'session')}."


def revoke_all_tokens(person: User, actor: User) -> str:
    return (
        f"Revoked {_count(revoke_tokens(user=person, actor=actor, reason='revoked by an admin'), 'token')}."
    )


@transaction.atomic
def reset_second_factor(person: User, actor: User) -> str:
    """For somebody who has lost their device and their recovery codes. Their sessions end, too.

    Raises NotAllowed for oneself: a stranger at an admin's open session has neither their password nor their device.
    """
    if person.pk == actor.pk:
        raise NotAllowed("Remove your own second factor on your security page, with password and code.")
    remove_second_factor(user=person, actor=actor)
    end_sessions(user=person, actor=actor)
    return "The second factor is reset: the password alone is enough at the next login."


ACTIONS: dict[str, Callable[[User, User], str]] = {
    "end_sessions": end_all_sessions,
    "revoke_tokens": revoke_all_tokens,
    "reset_second_factor": reset_second_factor,
}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
