"""The form of the search in one's own history."""

from typing import Any

from django import forms

from evaluation.models.endpoint import SCALE


class HistorySearchForm(forms.Form):
    """Words to look for, and a score where responses are rated."""

    q = forms.CharField(
        required=False,
        max_length=200,
        label="Search questions, preferences and comments",
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    score = forms.TypedChoiceField(
        required=False,
        label="Score",
        choices=[("", "Any"), *((score, str(score)) for score in SCALE)],
        coerce=int,
        empty_value=None,
    )

    def __init__(self, data: Any, *, has_scores: bool) -> None:
        super().__init__(data)
        if not has_scores:
            del self.fields["score"]
            self.fields["q"].label = "Search items and comments"
