"""Makes an API token for somebody, for programs that are set up without a browser."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from core.errors import DomainError
from core.models import User
from core.scopes import Scope
from core.users.tokens.tokens import DAYS, create_token


class Command(BaseCommand):
    help = "Make an API token for a person and print its secret, which nobody can read again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="The username of whom programs act for with it.")
        parser.add_argument("--name", default="command line", help="What it is for.")
        parser.add_argument(
            "--scope",
            action="append",
            choices=Scope.values,
            help="What it may do; may be given again. Without it: read.",
        )
        parser.add_argument("--days", type=int, default=DAYS, help=f"How long it is good; {DAYS} if unsaid.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user “{options['user']}”.")
        scopes = options["scope"] or [Scope.READ]
        try:
            issued = create_token(user=user, name=options["name"], scopes=scopes, days=options["days"])
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(issued.secret)
