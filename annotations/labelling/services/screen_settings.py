"""How a person has set up the annotation screen."""

from collections.abc import Mapping

from django.contrib.auth.models import AbstractUser

from annotations.labelling.keys import NAMED_KEYS, OFF, USUAL_KEYS, is_allowed
from annotations.models import ScreenSettings
from core.errors import DomainError


def set_keys(*, user: AbstractUser, keys: Mapping[str, object]) -> ScreenSettings:
    """Remember a person's keys: those of `keys`, and the usual ones for actions that it does not name.

    Only what differs from the usual is stored, so that a new usual key reaches everyone who has not chosen another.
    Raises DomainError where an action is unknown, a key cannot be one, or two actions would share a key.
    """
    chosen: dict[str, str] = {}
    for action, key in keys.items():
        if action not in USUAL_KEYS:
            raise DomainError(f"There is no action “{action}”.", code="unknown_action", field="keys")
        if not isinstance(key, str) or not is_allowed(key):
            raise DomainError(
                f"“{key}” cannot be used: choose a character, or one of {', '.join(sorted(NAMED_KEYS))}.",
                code="key_not_allowed",
                field="keys",
            )
        chosen[action] = key
    _check_no_two_alike(USUAL_KEYS | chosen)
    settings, _ = ScreenSettings.objects.update_or_create(
        user_id=user.pk,
        defaults={"keys": {action: key for action, key in chosen.items() if key != USUAL_KEYS[action]}},
    )
    return settings


def _check_no_two_alike(keys: Mapping[str, str]) -> None:
    taken: set[str] = set()
    for key in keys.values():
        if key != OFF and key in taken:
            raise DomainError(
                f"“{key}” would do two things: each action wants a key of its own.",
                code="key_taken",
                field="keys",
            )
        taken.add(key)
