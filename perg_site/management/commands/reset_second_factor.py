"""Takes a person's second factor away, for people who are locked out and have no admin to ask."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import transaction

from core.errors import DomainError
from core.models import User
from core.users.second_factor.changes import remove_second_factor
from core.users.sessions.ending import end_sessions


class Command(BaseCommand):
    help = "Remove a person's authenticator and recovery codes, and end their sessions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="Username.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user “{options['user']}”.")
        try:
            with transaction.atomic():
                remove_second_factor(user=user, actor=None)
                end_sessions(user=user, actor=None)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{user.get_username()} has no second factor any more.")
