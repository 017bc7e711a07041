"""A person's security page, for admins: sessions, tokens, second factor, and how the account was used."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from core.errors import NotFound
from core.http.access import PersonRequest, staff_or_404
from core.models import ApiToken, User
from core.users.administration import ACTIONS
from core.users.history import shown_events, shown_sessions
from core.users.second_factor.state import authenticator_of, is_required_of
from core.users.tokens.tokens import revoke_token, tokens_of


@require_GET
@staff_or_404
def person_security(request: PersonRequest, user_id: int) -> HttpResponse:
    person = person_by(user_id)
    context = {
        "person": person,
        "authenticator": authenticator_of(person),
        "is_required": is_required_of(person),
        "sessions": shown_sessions(person),
        "tokens": tokens_of(person),
        "events": shown_events(person),
    }
    return render(request, "core/users/person_security.html", context)


@require_POST
@staff_or_404
def person_security_act(request: PersonRequest, user_id: int, action: str) -> HttpResponse:
    """End the person's sessions, revoke their tokens, or reset their second factor."""
    person = person_by(user_id)
    if action not in ACTIONS:
        raise NotFound("This action does not exist.")
    messages.success(request, ACTIONS[action](person, request.user))
    return redirect("person_security", user_id=person.pk)


@require_POST
@staff_or_404
def person_token_revoke(request: PersonRequest, user_id: int, token_id: int) -> HttpResponse:
    """Make one of the person's tokens worthless."""
    token = token_by_id(person_by(user_id), token_id)
    revoke_token(token=token, actor=request.user)
    messages.success(request, f"“{token.name}” has been revoked.")
    return redirect("person_security", user_id=user_id)


def person_by(user_id: int) -> User:
    person = User.objects.filter(pk=user_id).first()
    if person is None:
        raise NotFound("This person does not exist.")
    return person


def token_by_id(person: User, token_id: int) -> ApiToken:
    token = tokens_of(person).select_related("user").filter(pk=token_id).first()
    if token is None:
        raise NotFound("This token does not exist.")
    return token
