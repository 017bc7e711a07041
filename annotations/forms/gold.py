"""Form of what goes into a gold release."""

from typing import Any

from django import forms
from django.http import QueryDict

from annotations.agreement.gold_criteria import ALL_STATES, GoldCriteria
from annotations.models.gold import GoldRule
from annotations.models.task import TaskState


class GoldForm(forms.Form):
    """The rule and the bars of a release; left as it is, every task goes in."""

    rule = forms.ChoiceField(
        choices=GoldRule.choices,
        initial=GoldRule.MAJORITY,
        help_text="Dawid–Skene and MACE learn from all labels whom to trust how far.",
    )
    adjudicated_first = forms.BooleanField(
        required=False,
        initial=True,
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
        initial=list(ALL_STATES),
        widget=forms.CheckboxSelectMultiple,
        label="Tasks",
        help_text="How far their labels must be.",
    )
    include_unresolved = forms.BooleanField(
        required=False, initial=True, label="Take in tied and unlabelled tasks, without a decision"
    )
    minimum_labels = forms.IntegerField(
        min_value=0, max_value=100, initial=0, label="Votes, at least", help_text="Of one task."
    )
    minimum_agreement = forms.IntegerField(
        min_value=0,
        max_value=100,
        initial=0,
        label="Agreement, at least (%)",
        help_text="Share of the votes that say what is decided.",
    )
    minimum_confidence = forms.IntegerField(
        min_value=0,
        max_value=100,
        initial=0,
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


def as_address(criteria: GoldCriteria) -> str:
    """Criteria as the query with which the page of gold previews them; empty where its form has no place for them."""
    query = QueryDict(mutable=True)
    query["shown"] = "1"
    for name, value in criteria.model_dump().items():
        if isinstance(value, bool):
            if value:
                query[name] = "on"
        elif isinstance(value, tuple):
            query.setlist(name, list(value))
        elif isinstance(value, float):
            percent = round(100 * value)
            if percent / 100 != value:
                return ""
            query[name] = str(percent)
        else:
            query[name] = str(value)
    return query.urlencode()
