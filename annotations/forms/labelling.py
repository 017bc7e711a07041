"""Forms of the annotation screen."""

from typing import Any

from django import forms

from annotations.services.labels import COMMENT_LENGTH
from evaluation.models.endpoint import SCALE


class LabelForm(forms.Form):
    """What an annotator submits for a task."""

    score = forms.TypedChoiceField(
        choices=[(score, str(score)) for score in SCALE],
        coerce=int,
        error_messages={"required": "Choose a score from 1 to 5 first."},
    )
    comment = forms.CharField(
        required=False, strip=False, max_length=COMMENT_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )
    submission_key = forms.UUIDField(widget=forms.HiddenInput)

    def clean_comment(self) -> str:
        # A browser sends CR LF for what was typed as a line feed.
        return str(self.cleaned_data["comment"]).replace("\r\n", "\n")


class DraftForm(forms.Form):
    """What an annotator has entered so far."""

    score = forms.TypedChoiceField(
        choices=[(score, str(score)) for score in SCALE], coerce=int, required=False, empty_value=None
    )
    comment = forms.CharField(required=False, strip=False, max_length=COMMENT_LENGTH)
    version = forms.IntegerField(min_value=0)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["comment"] = str(cleaned.get("comment", "")).replace("\r\n", "\n")
        return cleaned
