"""Form of the audit log's filters."""

from typing import Any

from django import forms

from annotations.audit.selectors import Filters, actions
from annotations.models import Campaign
from core.models import User

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
            raise forms.ValidationError("There is no account with this username.")
        return person

    @property
    def filters(self) -> Filters:
        """Call it on a valid form."""
        return Filters(**self.cleaned_data)
