"""A person's name and address, which admins correct."""

from dataclasses import asdict, dataclass

from django.db import transaction

from core.audit.writing import record
from core.errors import NotAllowed
from core.models import User


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """What a person is called and where they are written to; names are those of the model's fields."""

    first_name: str
    last_name: str
    email: str


@transaction.atomic
def change_details(*, user: User, details: PersonDetails, actor: User) -> User:
    """Change a person's name and address. The log says which of them changed, and not to what: it is kept for good.

    Raises NotAllowed for anybody but an active admin.
    """
    if not User.objects.filter(pk=actor.pk, is_active=True, is_staff=True).exists():
        raise NotAllowed("Only an admin can do this.")
    stored = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    values = asdict(details)
    changed = [name for name, value in values.items() if getattr(stored, name) != value]
    for name, value in values.items():
        setattr(stored, name, value)
        setattr(user, name, value)
    if changed:
        stored.save(update_fields=changed)
        record(
            "account.details_changed",
            actor=actor,
            subject=stored,
            username=stored.get_username(),
            changed=changed,
        )
    return stored
