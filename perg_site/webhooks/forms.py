"""Forms of webhooks."""

from django import forms
from django.conf import settings

from perg_site.models.webhook import SUBSCRIBABLE, DeliveryStatus, Event
from perg_site.webhooks.addresses import problem_with

EVENTS = [(event.value, event.label) for event in SUBSCRIBABLE]


class AddressForm(forms.Form):
    """The address of a webhook, and its events."""

    url = forms.CharField(
        label="URL",
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text="Receives a POST request with JSON. It must not point into this network, and redirects "
        "are not followed.",
    )
    events = forms.MultipleChoiceField(label="Events", choices=EVENTS, widget=forms.CheckboxSelectMultiple)

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if problem := problem_with(url, networks=settings.WEBHOOK_NETWORKS):
            raise forms.ValidationError(problem)
        return url


class WebhookForm(AddressForm):
    name = forms.CharField(max_length=100, help_text="Shown in the list of webhooks.")
    field_order = ["name", "url", "events"]


class LogFilterForm(forms.Form):
    """What of a log of deliveries to show."""

    status = forms.ChoiceField(required=False, choices=[("", "All"), *DeliveryStatus.choices])
    event = forms.ChoiceField(
        required=False, choices=[("", "All"), *((event.value, event.value) for event in Event)]
    )
