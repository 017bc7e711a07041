"""Asking for the password again before something that a stolen session must not be able to do."""

from typing import Any

from django import forms
from django.http import HttpRequest

from core.http.access import PersonRequest
from core.http.throttle import Throttle
from core.users.login.access_log import WRONG_CODES, note_limited

ATTEMPTS = Throttle("password-again", limit=10, seconds=900)
"""By person."""


class PasswordAgainForm(forms.Form):
    """A form that is only valid with the password of the person who sends it."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, request: PersonRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        check_password_again(self.request, password)
        return password


class CodeForm(PasswordAgainForm):
    """The same with a code of the second factor."""

    code = forms.CharField(
        label="Code",
        max_length=60,
        help_text="The six digits from your authenticator app, or a recovery code.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )


class SetupForm(CodeForm):
    """The first code of a new authenticator."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = "The six digits your app shows now."
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class LoginCodeForm(forms.Form):
    """The code after the password."""

    code = forms.CharField(
        label="Code",
        max_length=60,
        help_text="The six digits from your authenticator app, or a recovery code.",
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )


def check_password_again(request: HttpRequest, password: str) -> None:
    """Raises ValidationError unless it is the person's password; after too many wrong ones it is not even looked at."""
    assert request.user.is_authenticated
    person = str(request.user.pk)
    if not ATTEMPTS.attempt(person):
        raise forms.ValidationError("Too many wrong passwords. Wait 15 minutes.", code="throttled")
    if not request.user.check_password(password):
        limits = ((WRONG_CODES, (person,)),)
        facts = {"actor": request.user, "subject": request.user}
        note_limited("account.password_refused", *limits, request=request, **facts)
        raise forms.ValidationError("Wrong password.", code="password")
    ATTEMPTS.forget(person)
