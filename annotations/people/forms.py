"""Forms of invitations and accounts."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import UserCreationForm

from annotations.models.campaign import Role
from annotations.people.services.invitations import DAYS
from core.models import User


class InvitationForm(forms.Form):
    """Whom to invite; where no email is sent, no address is needed."""

    note = forms.CharField(
        label="Note",
        required=False,
        max_length=200,
        help_text="For example, the person's name. Shown in the list of invitations.",
    )
    days = forms.IntegerField(label="Valid for (days)", min_value=1, max_value=90, initial=DAYS)
    address = forms.EmailField(
        label="Send to", required=False, help_text="If empty, copy the link and send it yourself."
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
        label="Email", required=False, help_text="Used to reset your password if you forget it."
    )

    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.SENDS_EMAIL:
            del self.fields["email"]
