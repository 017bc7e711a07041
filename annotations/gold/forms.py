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
        help_text="Dawid–Skene and MACE estimate from all labels how reliable each annotator is.",
    )
    adjudicated_first = forms.BooleanField(
        required=False,
        label="Adjudicators’ decisions override the rule",
        help_text="The minimums below do not apply to adjudicated tasks.",
    )
    include_surplus = forms.BooleanField(
        required=False,
        label="Count surplus labels",
        help_text="Surplus labels arrived after another annotator had labelled the task. Labels set aside "
        "never count.",
    )
    states = forms.MultipleChoiceField(
        choices=TaskState.choices,
        widget=forms.CheckboxSelectMultiple,
        label="Tasks",
        help_text="Which tasks to include, by the state of their labels.",
    )
    include_unresolved = forms.BooleanField(required=False, label="Include undecided tasks")
    minimum_labels = forms.IntegerField(
        min_value=0, max_value=100, label="Minimum votes", help_text="Minimum number of votes per task."
    )
    minimum_agreement = forms.IntegerField(
        min_value=0,
        max_value=100,
        label="Minimum agreement (%)",
        help_text="Share of votes that match the decision.",
    )
    minimum_confidence = forms.IntegerField(
        min_value=0,
        max_value=100,
        label="Minimum confidence (%)",
        help_text="For Dawid–Skene and MACE: probability of the decision.",
    )
    shown = forms.CharField(required=False, initial="1", widget=forms.HiddenInput)

    @property
    def criteria(self) -> GoldCriteria:
        """Call it on a valid form."""
        values: dict[str, Any] = {name: self.cleaned_data[name] for name in GoldCriteria.model_fields}
        for share in ("minimum_agreement", "minimum_confidence"):
            values[share] /= 100
        return GoldCriteria(**values)


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
