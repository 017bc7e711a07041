"""Changing a password, and setting a new one by a link: Django's own views, with their place in the audit log."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy

from core.errors import Conflict
from core.http.throttle import Throttle
from core.models import User
from core.users.events import end_what_the_password_let_in
from core.users.login.access_log import note
from core.users.tokens.tokens import valid_tokens_of

BY_EMAIL = Throttle("password-reset", limit=5, seconds=3600)


SHORTEST_NAME = 3
FEWEST_CHARACTERS = 5
"""Different ones, in a password."""


class PasswordPolicy(MinimumLengthValidator):
    """The shortest length, and what a new password ends. Django tells the validators of every password that is saved:
    by a form, a link, the admin site, a command.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        super().validate(password, user)
        # Django compares the whole password with the name, and takes the name three times over.
        bare = password.casefold()
        name = ((user and user.get_username()) or "").casefold()
        rest = bare.replace(name, "") if len(name) >= SHORTEST_NAME else bare
        if len(rest) < self.min_length // 2 or len(set(bare)) < FEWEST_CHARACTERS:
            raise ValidationError(
                "This password is too easy to guess: it repeats your username or a few characters.",
                code="password_too_simple",
            )

    def password_changed(self, password: str, user: User) -> None:
        end_what_the_password_let_in(user)


class PasswordChange(views.PasswordChangeView):
    success_url = reverse_lazy("home")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        assert self.request.user.is_authenticated
        return super().get_context_data(**context, valid_tokens=valid_tokens_of(self.request.user).count())

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        note("account.password_changed", request=self.request, actor=form.user, subject=form.user)
        messages.success(
            self.request,
            "Your password has been changed. Your other sessions and your API tokens have ended.",
        )
        return super().form_valid(form)


class PasswordReset(views.PasswordResetView):
    """Sends a link to an account's address; without a mail server it says who else can help."""

    email_template_name = "registration/password_reset_email.txt"
    subject_template_name = "registration/password_reset_subject.txt"
    success_url = reverse_lazy("login")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**context, sends_email=settings.SENDS_EMAIL)

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        if not settings.SENDS_EMAIL:
            raise Conflict("This site does not send email. Ask an admin for a link to set a new password.")
        # The same words whether there is such an account or not: the form must not tell who has one.
        messages.success(
            self.request, "If an account has this address, a link to set a new password has been sent to it."
        )
        if BY_EMAIL.attempt(form.cleaned_data["email"].casefold()):
            return super().form_valid(form)
        return redirect(self.success_url)


class PasswordResetConfirm(views.PasswordResetConfirmView):
    """A new password for the person who has the link, which works once; not for deactivated people."""

    success_url = reverse_lazy("login")

    def get_user(self, uidb64: str) -> User | None:
        user: User | None = super().get_user(uidb64)
        return user if user is not None and user.is_active else None

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        note("account.password_reset", request=self.request, actor=form.user, subject=form.user)
        messages.success(self.request, "Your new password has been set. Log in with it.")
        is_own_session = self.request.user == form.user
        response = super().form_valid(form)
        if is_own_session:  # it has ended with the others
            self.request.session.flush()
        return response
