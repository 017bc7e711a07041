"""The visitor's accounts: passwords are generated once and kept in a file that only the owner can read."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from core.models import User

FILE_NAME = "demonstration-logins.json"
WORDS = ["amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "ivory", "joule", "krill"]


@dataclass(frozen=True, slots=True)
class Login:
    """An account of the demonstration; `changed`: somebody has set another password since."""

    username: str
    password: str
    may: str
    changed: bool


ACCOUNTS = {
    "admin": "everything: runs, campaigns, people, the audit log, the admin site",
    "lead": "progress, quality, adjudication, people and gold of the demonstration campaign",
    "annotator": "label tasks of the demonstration campaign",
}


def make_logins(home: Path) -> dict[str, User]:
    """The accounts by user name, made if they are not there. An account that exists already is left as it is."""
    passwords = _stored(home)
    users = {}
    for username in ACCOUNTS:
        user, created = User.objects.get_or_create(username=username)
        if created:
            passwords[username] = _generated_password()
            user.set_password(passwords[username])
            user.is_staff = user.is_superuser = username == "admin"
            user.save()
        users[username] = user
    _store(home, passwords)
    return users


def logins(home: Path) -> list[Login]:
    """Who may log in, with which generated password."""
    passwords = _stored(home)
    users = {user.username: user for user in User.objects.filter(username__in=ACCOUNTS)}
    return [
        Login(
            username,
            passwords.get(username, ""),
            may,
            not users[username].check_password(passwords.get(username)),
        )
        for username, may in ACCOUNTS.items()
        if username in users
    ]


def _generated_password() -> str:
    return "-".join([*(secrets.choice(WORDS) for _ in range(4)), secrets.token_hex(4)])


def _stored(home: Path) -> dict[str, str]:
    path = home / FILE_NAME
    return json.loads(path.read_text()) if path.exists() else {}


def _store(home: Path, passwords: dict[str, str]) -> None:
    path = home / FILE_NAME
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(passwords, file)
