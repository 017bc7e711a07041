"""Who has more rights than those of labelling. What these are, the apps above know."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.utils.module_loading import import_string


def manages(user: AbstractUser | AnonymousUser) -> bool:
    """Whether the person is staff or leads something: the function that `settings.MANAGES` names says so."""
    return bool(import_string(settings.MANAGES)(user))
