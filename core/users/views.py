"""One's own security page: sessions, and how the account was used."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from core.http.access import PersonRequest
from core.users.history import shown_events, shown_sessions
from core.users.second_factor.changes import codes_left
from core.users.second_factor.state import authenticator_of, is_required_of
from core.users.sessions.ending import end_session, end_sessions


@require_GET
@never_cache
def security(request: PersonRequest) -> HttpResponse:
    """Password, second factor, sessions, and what happened to the account."""
    context = {
        "authenticator": authenticator_of(request.user),
        "is_required": is_required_of(request.user),
        "codes_left": codes_left(request.user),
        "sessions": shown_sessions(request.user, current=request.session.session_key),
        "events": shown_events(request.user),
    }
    return render(request, "core/users/account_security.html", context)


@require_POST
def session_end(request: PersonRequest, public_id: UUID) -> HttpResponse:
    """End one of one's sessions."""
    end_session(user=request.user, public_id=public_id, actor=request.user)
    messages.success(request, "The session has been ended.")
    return redirect("account_security")


@require_POST
def sessions_end_others(request: PersonRequest) -> HttpResponse:
    """End all of one's sessions but this one."""
    number = end_sessions(user=request.user, actor=request.user, besides=request.session.session_key)
    messages.success(request, f"Ended {number} other session{'' if number == 1 else 's'}.")
    return redirect("account_security")
