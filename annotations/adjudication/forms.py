"""Forms of adjudication."""

from django import forms

from annotations.adjudication.services import TEXT_LENGTH
from evaluation.models.endpoint import SCALE


class AdjudicationForm(forms.Form):
    """A decision; `based_on` is the revision that the page shows (0: none)."""

    score = forms.TypedChoiceField(
        choices=[(score, str(score)) for score in SCALE],
        coerce=int,
        error_messages={"required": "Choose a score from 1 to 5."},
    )
    rationale = forms.CharField(
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Explain the score. The rationale is stored with the gold.",
        error_messages={"required": "Enter a rationale."},
    )
    based_on = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def clean_rationale(self) -> str:
        # A browser sends CR LF for what was typed as a line feed.
        return str(self.cleaned_data["rationale"]).replace("\r\n", "\n")


class FlagForm(forms.Form):
    """The resolution of a flag."""

    resolution = forms.CharField(max_length=TEXT_LENGTH)
