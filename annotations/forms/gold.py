"""Form of what goes into a gold release."""

from typing import Any

from django import forms

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
        given: dict[str, Any] = {name: value for name, value in self.cleaned_data.items() if name != "shown"}
        for share in ("minimum_agreement", "minimum_confidence"):
            given[share] /= 100
        return GoldCriteria(**given)
