"""Form of what goes into a gold release."""

from typing import Any

from django import forms
from django.http import QueryDict

from annotations.models.gold import GoldRule
from annotations.models.task import TaskState
from perg.stats.gold.gold_criteria import GoldCriteria


class GoldForm(forms.Form):
    """The rule and the bars of a release. It begins with the defaults of `GoldCriteria`: see `form_data`."""

    rule = forms.ChoiceField(
        choices=GoldRule.choices,
        help_text="Dawid–Skene and MACE learn from all labels whom to trust how far.",
    )
    adjudicated_first = forms.BooleanField(
        required=False,
        label="Adjudicators’ decisions come before the rule",
        help_text="They stand alone: the bars below are for what votes decide.",
    )
    include_surplus = forms.BooleanField(
        required=False,
        label="Surplus labels vote, too",
        help_text="They came after their slot had gone to somebody else. Labels set aside never vote.",
    )
    states = forms.MultipleChoiceField(
        choices=TaskState.choices,
        widget=forms.CheckboxSelectMultiple,
        label="Tasks",
        help_text="How far their labels must be.",
    )
    include_unresolved = forms.BooleanField(
        required=False, label="Include tied and unlabelled tasks, without a decision"
    )
    minimum_labels = forms.IntegerField(
        min_value=0, max_value=100, label="Votes, at least", help_text="Of one task."
    )
    minimum_agreement = forms.IntegerField(
        min_value=0,
        max_value=100,
        label="Agreement, at least (%)",
        help_text="Share of the votes that say what is decided.",
    )
    minimum_confidence = forms.IntegerField(
        min_value=0,
        max_value=100,
        label="Confidence, at least (%)",
        help_text="Of Dawid–Skene and MACE: probability of what is decided.",
    )
    shown = forms.CharField(required=False, initial="1", widget=forms.HiddenInput)

    @property
    def criteria(self) -> GoldCriteria:
        """Call it on a valid form."""
        given: dict[str, Any] = {name: self.cleaned_data[name] for name in GoldCriteria.model_fields}
        for share in ("minimum_agreement", "minimum_confidence"):
            given[share] /= 100
        return GoldCriteria(**given)


class ReleaseForm(GoldForm):
    """What was previewed, to be released: `seen` is the preview's fingerprint, `key` makes two clicks one release."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    key = forms.UUIDField(required=False, widget=forms.HiddenInput)


def form_data(criteria: GoldCriteria) -> dict[str, object]:
    """Criteria as the data of a `GoldForm`; its percentages are rounded."""
    data: dict[str, object] = {"shown": "1"}
    for name, value in criteria.model_dump().items():
        if isinstance(value, bool):
            data |= {name: "on"} if value else {}
        elif isinstance(value, tuple):
            data[name] = list(value)
        else:
            data[name] = str(round(100 * value) if isinstance(value, float) else value)
    return data


def as_address(criteria: GoldCriteria) -> str:
    """Criteria as the query with which the page of gold previews them; empty where its form has no place for them."""
    if any(round(100 * value) / 100 != value for _, value in criteria if isinstance(value, float)):
        return ""
    query = QueryDict(mutable=True)
    for name, value in form_data(criteria).items():
        query.setlist(name, value if isinstance(value, list) else [str(value)])
    return query.urlencode()
