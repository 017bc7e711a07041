"""How a delivery is signed, so that its receiver knows that it comes from here and is new."""

import hashlib
import hmac
import secrets

from django.utils.crypto import salted_hmac

HEADER = "PERG-Signature"
SALT = "perg_site.webhooks"


def new_seed() -> str:
    return secrets.token_hex(32)


def secret_of(seed: str) -> str:
    """The secret of a webhook: the same for the same seed and the same key of the site (`SECRET_KEY`)."""
    return "whsec_" + salted_hmac(SALT, seed, algorithm="sha256").hexdigest()


def signature(secret: str, body: bytes, *, at: int) -> str:
    """The header's value for a body that is sent `at` a time, in seconds since 1970.

    The time is signed, too: a receiver refuses an old one, and so a delivery that somebody recorded and sends again.
    """
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"
