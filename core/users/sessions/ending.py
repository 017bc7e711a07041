"""A person's sessions: listing them and ending them."""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from core.audit.writing import record
from core.errors import NotFound
from core.models import Session, User


def sessions_of(user: User) -> QuerySet[Session]:
    """The sessions in which the person is logged in, newest first."""
    alive = Session.objects.filter(user=user, expire_date__gt=timezone.now())
    return alive.order_by("-began_at", "session_key")


@transaction.atomic
def end_session(*, user: User, public_id: UUID, actor: User) -> None:
    """End one of the person's sessions. Raises NotFound."""
    session = sessions_of(user).filter(public_id=public_id).first()
    if session is None:
        raise NotFound("There is no such session.")
    _delete([session.session_key])
    _record(user, actor, 1)


@transaction.atomic
def end_sessions(*, user: User, actor: User | None, besides: str | None = None) -> int:
    """End the person's sessions, all or but the one with the key `besides`; gives their number."""
    number = _delete(
        sessions_of(user).exclude(session_key=besides or "").values_list("session_key", flat=True)
    )
    if number:
        _record(user, actor, number)
    return number


def _delete(keys: "QuerySet[Session, str] | list[str]") -> int:
    listed = list(keys)
    store = import_string(f"{settings.SESSION_ENGINE}.SessionStore")

    def delete() -> None:
        for key in listed:
            store(key).delete()

    delete()
    # Again: until the commit, a request finds the session in the database and puts it back into the cache.
    transaction.on_commit(delete)
    return len(listed)


def _record(user: User, actor: User | None, number: int) -> None:
    record("session.ended", actor=actor, subject=user, username=user.get_username(), sessions=number)
