"""People with passwords, browsers and authenticator apps."""

import base64
import re
import time

from django.test import Client
from django.urls import reverse
from django_otp.oath import TOTP

from core.models import Authenticator, User
from core.users.second_factor.changes import confirm_setup, start_setup

PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def browser(address: str = "203.0.113.5", user_agent: str = FIREFOX) -> Client:
    return Client(REMOTE_ADDR=address, HTTP_USER_AGENT=user_agent)


def logged_in(user: User, address: str = "203.0.113.5") -> Client:
    """A browser in which the person has typed their password."""
    client = browser(address)
    answer = client.post(reverse("login"), {"username": user.get_username(), "password": PASSWORD})
    assert answer.status_code == 302
    return client


def is_in(client: Client) -> bool:
    """Whether the browser gets a page that needs a login."""
    return bool(client.get(reverse("home")).status_code == 200)


def secret_on(page: str) -> bytes:
    """The key that the page shows to somebody who sets up an authenticator."""
    text = re.search(r'setup-key">([A-Z2-7 ]+)<', page)
    assert text
    return base64.b32decode(text[1].replace(" ", ""))


def code_of(device: Authenticator, *, steps: int = 0) -> str:
    """What the app shows, so many steps from now."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time() + steps * device.step
    return f"{totp.token():06d}"


def with_second_factor(user: User) -> tuple[Authenticator, list[str]]:
    """The person's new authenticator and recovery codes; the code of now is not used up."""
    device = start_setup(user=user)
    codes = confirm_setup(user=user, code=code_of(device))
    forget_used_codes(user)
    device.refresh_from_db()
    return device, codes


def forget_used_codes(user: User) -> None:
    """As if some time had passed since the last code."""
    Authenticator.objects.filter(user_id=user.pk).update(
        last_t=-1, throttling_failure_count=0, throttling_failure_timestamp=None
    )
