"""Pages of the second factor: setting it up, recovery codes, removing it, and the code after the password."""

import base64

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import DomainError
from core.http.access import PersonRequest
from core.http.page_query import PageQuery
from core.models import User
from core.users.login.access_log import WRONG_CODES, note, note_limited
from core.users.login.password_again import CodeForm, LoginCodeForm, SetupForm
from core.users.second_factor import state
from core.users.second_factor.changes import (
    Verdict,
    check_code,
    codes_left,
    confirm_setup,
    make_recovery_codes,
    pending_setup,
    remove_second_factor,
    start_setup,
    wait_words,
)
from core.users.second_factor.qr import qr_code
from core.users.sessions.ending import end_sessions

GROUP = 4
LONGEST_ADDRESS = 2_000


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters("code")
def login_code(request: PersonRequest) -> HttpResponse:
    """The code after the password; with a wrong one, the session stays good for nothing else."""
    if state.owed(request.session, request.user) != state.CODE:
        return HttpResponseRedirect(_next(request))
    form = LoginCodeForm(request.POST or None)
    if form.is_valid():
        verdict = _checked(request, form.cleaned_data["code"])
        if verdict.is_right:
            state.passed(request)
            facts = {"recovery_code": verdict.was_recovery_code}
            note(
                "login.second_factor_passed",
                request=request,
                actor=request.user,
                subject=request.user,
                **facts,
            )
            return HttpResponseRedirect(_next(request))
        form.add_error("code", _words(verdict))
    context = {"form": form, "next": _next(request)}
    return render(request, "core/users/login_code.html", context, status=422 if form.errors else 200)


@require_GET
@never_cache
def second_factor(request: PersonRequest) -> HttpResponse:
    """Whether there is one, and what can be done with it."""
    return _status(request, CodeForm(request=request))


@require_POST
def second_factor_start(request: PersonRequest) -> HttpResponse:
    """A new secret for the app; it counts once a code of it is confirmed."""
    start_setup(user=request.user)
    return redirect("second_factor_setup")


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters("password", "code")
def second_factor_setup(request: PersonRequest) -> HttpResponse:
    """The secret, as a picture and as text, and the code that shows that the app has it."""
    device = pending_setup(request.user)
    if device is None:
        return redirect("second_factor")
    form = SetupForm(request.POST or None, request=request)
    if form.is_valid():
        try:
            codes = confirm_setup(user=request.user, code=form.cleaned_data["code"])
        except DomainError as error:
            form.add_error("code" if error.field else None, error.message)
        else:
            _second_factor_changed(request)
            state.passed(request)
            return _show_codes(request, codes)
    secret = base64.b32encode(device.bin_key).decode()
    context = {
        "form": form,
        "qr": qr_code(device.config_url),
        "secret": " ".join(secret[at : at + GROUP] for at in range(0, len(secret), GROUP)),
    }
    return render(request, "core/users/second_factor_setup.html", context, status=422 if form.errors else 200)


@require_POST
@never_cache
@sensitive_post_parameters("password", "code")
def recovery_codes_make(request: PersonRequest) -> HttpResponse:
    """New recovery codes, shown this once."""
    form = _checked_form(request)
    if not form.is_valid():
        return _status(request, form, status=422)
    return _show_codes(request, make_recovery_codes(user=request.user))


@require_POST
@sensitive_post_parameters("password", "code")
def second_factor_remove(request: PersonRequest) -> HttpResponse:
    """Remove the authenticator; where the site requires one, the next thing is to set up another."""
    form = _checked_form(request)
    if not form.is_valid():
        return _status(request, form, status=422)
    remove_second_factor(user=request.user, actor=request.user)
    _second_factor_changed(request)
    state.begin(request.session, request.user)
    messages.success(request, "Your second factor has been removed.")
    return redirect("second_factor")


def _second_factor_changed(request: PersonRequest) -> None:
    """The other sessions were begun under other rules."""
    end_sessions(user=request.user, actor=request.user, besides=request.session.session_key)
    request.session.cycle_key()


def _checked_form(request: PersonRequest) -> CodeForm:
    """The form with password and code; the code is only looked at, and used up, with the right password."""
    form = CodeForm(request.POST, request=request)
    if form.is_valid():
        verdict = _checked(request, form.cleaned_data["code"])
        if not verdict.is_right:
            form.add_error("code", _words(verdict))
    return form


def _checked(request: PersonRequest, code: str) -> Verdict:
    verdict = check_code(user=request.user, code=code)
    if not verdict.is_right:
        limit = (WRONG_CODES, (str(request.user.pk),))
        facts: dict[str, User] = {"actor": request.user, "subject": request.user}
        note_limited("login.second_factor_failed", limit, request=request, **facts)
    return verdict


def _words(verdict: Verdict) -> str:
    if verdict.locked_until is not None:
        return wait_words(verdict.locked_until)
    return "This code is incorrect or was already used. Wait for the next one."


def _status(request: PersonRequest, form: CodeForm, *, status: int = 200) -> HttpResponse:
    context = {
        "authenticator": state.authenticator_of(request.user),
        "is_required": state.is_required_of(request.user),
        "codes_left": codes_left(request.user),
        "form": form,
    }
    return render(request, "core/users/second_factor.html", context, status=status)


def _show_codes(request: PersonRequest, codes: list[str]) -> HttpResponse:
    return render(request, "core/users/recovery_codes.html", {"codes": codes})


def _next(request: HttpRequest) -> str:
    """Where the person wanted to go, within this site."""
    address = request.POST.get("next") or PageQuery(request).text("next", longest=LONGEST_ADDRESS)
    hosts = {request.get_host()}
    if url_has_allowed_host_and_scheme(address, allowed_hosts=hosts, require_https=request.is_secure()):
        return address
    return reverse("home")
