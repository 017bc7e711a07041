"""`manage.py load_demonstration`: the demonstration data, and who may log in."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from annotations.demonstration.loading import load_demonstration
from annotations.demonstration.logins import logins, make_logins


class Command(BaseCommand):
    help = "Load the demonstration data (once), and print who may log in with which generated password."

    def handle(self, *args: Any, **options: Any) -> None:
        visitors = make_logins(settings.PERG_HOME)
        loaded = load_demonstration(
            visitors=visitors, say=lambda step: self.stdout.write(f"  loading {step}")
        )
        self.stdout.write(f"Demonstration data: {'loaded' if loaded else 'there already'}. You may log in as")
        for login in logins(settings.PERG_HOME):
            password = "(password changed since)" if login.changed else login.password
            self.stdout.write(f"  {login.username:<10} {password:<34} {login.may}")
