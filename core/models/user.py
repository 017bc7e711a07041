"""Who has an account: our own model, so that what a person is can grow without moving a table."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person with an account."""
