"""Forms of invitations, accounts and the audit log."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import UserCreationForm

from annotations.audit.selectors import Filters, actions
from annotations.models import Campaign
from annotations.models.campaign import Role
from annotations.people.services.invitations import DAYS
from core.models import User


class InvitationForm(forms.Form):
    """Whom to invite; where no email is sent, there is no address to give."""

    note = forms.CharField(label="For whom", required=False, max_length=200, help_text="A note for the list.")
    days = forms.IntegerField(label="Good for days", min_value=1, max_value=90, initial=DAYS)
    address = forms.EmailField(
        label="Send it to", required=False, help_text="Left empty, you copy the link yourself."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.SENDS_EMAIL:
            del self.fields["address"]


class CampaignInvitationForm(InvitationForm):
    """An invitation to a campaign: as annotator or lead."""

    role = forms.ChoiceField(choices=Role.choices, initial=Role.ANNOTATOR)
    field_order = ["role", "note", "days", "address"]


class NewAccountForm(UserCreationForm[User]):
    """User name and password of who has an invitation; Django's rules for both."""

    email = forms.EmailField(
        label="Email", required=False, help_text="For a link to set a new password, should you forget yours."
    )

    class Meta(UserCreationForm.Meta):
        fields = ("username", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.SENDS_EMAIL:
            del self.fields["email"]


OF_ACCOUNTS = (
    "access.",
    "account.",
    "login",
    "logout",
    "recovery_code.",
    "second_factor.",
    "session",
    "token.",
)
"""How actions begin that no campaign's log has."""


class AuditFilterForm(forms.Form):
    """What of the audit log to show. A day is one in UTC."""

    action = forms.ChoiceField(required=False)
    person = forms.CharField(label="Username", required=False, max_length=150)
    subject = forms.CharField(
        required=False, max_length=100, widget=forms.TextInput(attrs={"placeholder": "task 12"})
    )
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, campaign: Campaign | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [name for name in actions() if campaign is None or not name.startswith(OF_ACCOUNTS)]
        self.fields["action"].choices = [("", "All"), *((name, name) for name in names)]  # type: ignore[attr-defined]

    def clean_person(self) -> User | None:
        if not (username := self.cleaned_data["person"]):
            return None
        person = User.objects.filter(username=username).first()
        if person is None:
            raise forms.ValidationError("Nobody has this username.")
        return person

    @property
    def filters(self) -> Filters:
        """Call it on a valid form."""
        return Filters(**self.cleaned_data)
