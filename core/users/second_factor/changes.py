"""Setting up, using and removing a second factor. Codes are looked at under a lock, so that none passes twice."""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from core.audit.writing import record
from core.errors import Conflict, DomainError
from core.models import Authenticator, RecoveryCode, User
from core.users.second_factor.state import authenticator_of

RECOVERY_CODES = 10
RECOVERY_BYTES = 15  # 120 bits, 24 letters: enough that a plain hash is safe to store
GROUP = 4


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a code is worth. `locked_until`: no code is looked at before, after too many wrong ones."""

    is_right: bool
    was_recovery_code: bool = False
    locked_until: datetime | None = None


@transaction.atomic
def start_setup(*, user: User) -> Authenticator:
    """A new secret for the person's app, which counts for nothing before a code of it is confirmed."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if authenticator_of(user) is not None:
        raise Conflict("You already have an authenticator. Remove it first.")
    Authenticator.objects.filter(user_id=user.pk, confirmed=False).delete()
    device: Authenticator = Authenticator.objects.create(
        user_id=user.pk, name="authenticator app", confirmed=False
    )
    return device


def pending_setup(user: User) -> Authenticator | None:
    """The authenticator that the person is setting up."""
    device: Authenticator | None = Authenticator.objects.filter(user_id=user.pk, confirmed=False).first()
    return device


def confirm_setup(*, user: User, code: str) -> list[str]:
    """Take the pending authenticator into use; gives the recovery codes, which nobody can read again.

    Raises DomainError for a wrong code, Conflict where nothing is pending.
    """
    with transaction.atomic():  # a wrong code is counted, so it must be committed
        device = _locked(user, confirmed=False)
        if device is None:
            raise Conflict("Start the setup again.")
        if locked_until := _locked_until(device):
            raise DomainError(wait_words(locked_until), code="locked", field="code")
        is_right = _is_totp(code) and device.verify_token(_digits(code))
        if is_right:
            device.confirmed = True
            device.save(update_fields=["confirmed"])
            codes = _new_codes(user)
            record("second_factor.added", actor=user, subject=user, username=user.get_username())
    if not is_right:
        raise DomainError(
            "This code is incorrect. Check that your device's clock is correct.",
            code="code",
            field="code",
        )
    return codes


@transaction.atomic
def check_code(*, user: User, code: str) -> Verdict:
    """Whether this is a code of the person's authenticator, or one of their recovery codes. Either is good once."""
    device = _locked(user, confirmed=True)
    if device is None:
        return Verdict(False)
    if locked_until := _locked_until(device):
        return Verdict(False, locked_until=locked_until)
    if _is_totp(code):
        return Verdict(bool(device.verify_token(_digits(code))))
    unused = RecoveryCode.objects.filter(user=user, code_hash=_hash_of(code), used_at__isnull=True)
    if unused.update(used_at=timezone.now()):
        device.throttle_reset()
        left = codes_left(user)
        record("recovery_code.used", actor=user, subject=user, username=user.get_username(), left=left)
        return Verdict(True, was_recovery_code=True)
    device.throttle_increment()
    return Verdict(False)


@transaction.atomic
def make_recovery_codes(*, user: User) -> list[str]:
    """New recovery codes; those before are worth nothing any more."""
    if authenticator_of(user) is None:
        raise Conflict("Set up an authenticator first.")
    codes = _new_codes(user)
    record("recovery_code.made", actor=user, subject=user, username=user.get_username())
    return codes


@transaction.atomic
def remove_second_factor(*, user: User, actor: User | None) -> None:
    """Take the authenticator and all recovery codes away. `actor` None: an operator at the command line."""
    removed, _ = Authenticator.objects.filter(user_id=user.pk).delete()
    if not removed:
        raise Conflict(f"{user.get_username()} has no second factor.")
    RecoveryCode.objects.filter(user=user).delete()
    action = "second_factor.removed" if actor == user else "second_factor.reset"
    record(action, actor=actor, subject=user, username=user.get_username())


def codes_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at__isnull=True).count()


def wait_words(until: datetime) -> str:
    """For people, while no code is looked at."""
    return (
        f"After wrong codes there is a wait. The next try is possible at {date_format(until, 'H:i:s')} UTC."
    )


def _locked_until(device: Authenticator) -> datetime | None:
    is_allowed, reason = device.verify_is_allowed()
    if is_allowed or reason is None:
        return None
    locked_until = reason["locked_until"]
    assert isinstance(locked_until, datetime)
    return locked_until


def _locked(user: User, *, confirmed: bool) -> Authenticator | None:
    rows = Authenticator.objects.select_for_update(no_key=True, of=("self",))
    device: Authenticator | None = rows.filter(user_id=user.pk, confirmed=confirmed).first()
    return device


def _new_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    plain = [base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, code_hash=_hash_of(code)) for code in plain)
    return ["-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP)) for code in plain]


def _is_totp(code: str) -> bool:
    return re.fullmatch(r"[0-9]{6}", _digits(code)) is not None


def _digits(code: str) -> str:
    """The code without the blanks that apps show in it."""
    return re.sub(r"\s", "", code)


def _hash_of(code: str) -> str:
    letters = re.sub(r"[\s-]", "", code).upper()
    return hashlib.sha256(letters.encode("utf-8", "replace")).hexdigest()
