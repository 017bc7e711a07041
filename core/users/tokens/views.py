"""The page of one's own API tokens."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import NotFound
from core.http.access import PersonRequest
from core.scopes import Scope
from core.users.login.password_again import PasswordAgainForm
from core.users.tokens.tokens import (
    DAYS,
    MOST_DAYS,
    create_token,
    revoke_token,
    scopes_open_to,
    tokens_of,
    valid_tokens_of,
)


class TokenForm(PasswordAgainForm):
    """A new token, for the password. Only those who have something to manage are offered that."""

    name = forms.CharField(max_length=100, help_text="The program or notebook that will use this token.")
    scopes = forms.MultipleChoiceField(
        label="Scopes", widget=forms.CheckboxSelectMultiple, initial=[Scope.READ]
    )
    days = forms.IntegerField(label="Valid for (days)", min_value=1, max_value=MOST_DAYS, initial=DAYS)
    field_order = ["name", "scopes", "days", "password"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["scopes"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(scope.value, scope.label) for scope in scopes_open_to(self.request.user)]

    def clean_name(self) -> str:
        """A page with a new token that is loaded again sends its form again, which must not make a second one."""
        name: str = self.cleaned_data["name"]
        if valid_tokens_of(self.request.user).filter(name=name).exists():
            raise forms.ValidationError(
                "You already have a valid token with this name. Revoke it, or choose another name."
            )
        return name


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters("password")
def tokens(request: PersonRequest) -> HttpResponse:
    """One's tokens, and a new one, whose secret is shown this once."""
    form = TokenForm(request.POST or None, request=request)
    if form.is_valid():
        facts = {name: form.cleaned_data[name] for name in ("name", "scopes", "days")}
        issued = create_token(user=request.user, actor=request.user, **facts)
        campaigns_url = request.build_absolute_uri(reverse("api_campaign_list"))
        context = {"issued": issued, "campaigns_url": campaigns_url}
        return render(request, "core/users/token_made.html", context)
    listed = list(tokens_of(request.user))
    context = {"form": form, "tokens": listed, "expiring": [token for token in listed if token.expires_soon]}
    return render(request, "core/users/tokens.html", context, status=422 if form.errors else 200)


@require_POST
def token_revoke(request: PersonRequest, token_id: int) -> HttpResponse:
    """Make one of one's tokens worthless."""
    token = tokens_of(request.user).filter(pk=token_id).first()
    if token is None:
        raise NotFound("This token does not exist.")
    revoke_token(token=token, actor=request.user)
    messages.success(request, f"“{token.name}” has been revoked and no longer works.")
    return redirect("token_list")
