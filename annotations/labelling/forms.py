"""Forms of the annotation screen and of the search in one's own history.

The annotation screen is answered in JSON, so its forms only read and check.
"""

from typing import Any, Self

from django import forms

from annotations.labelling.services.labels import COMMENT_LENGTH
from annotations.models.label import AnswerCorrect
from annotations.models.task import FlagReason, SkipReason
from evaluation.models.endpoint import SCALE


def _text() -> forms.CharField:
    return forms.CharField(required=False, strip=False, max_length=COMMENT_LENGTH)


class _SharedFields(dict[str, forms.Field]):
    """Fields that all forms of a class share: none of them changes its own, and copying them for every label takes as
    long as one of its queries.
    """

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self


class EntriesForm(forms.Form):
    """What an annotator enters for a task."""

    score = forms.TypedChoiceField(
        choices=[(score, str(score)) for score in SCALE],
        coerce=int,
        error_messages={"required": "Choose a score from 1 to 5."},
    )
    answer_correct = forms.ChoiceField(choices=[("", ""), *AnswerCorrect.choices], required=False)
    comment = _text()
    seconds = forms.FloatField(required=False, min_value=0)

    def clean_comment(self) -> str:
        # A browser sends CR LF for what was typed as a line feed.
        return str(self.cleaned_data["comment"]).replace("\r\n", "\n")


class LabelForm(EntriesForm):
    submission_key = forms.UUIDField()
    based_on = forms.IntegerField(min_value=0)


LabelForm.base_fields = _SharedFields(LabelForm.base_fields)


class DraftForm(EntriesForm):
    """What has been entered so far: it may well be incomplete."""

    score = forms.TypedChoiceField(
        choices=[(score, str(score)) for score in SCALE], coerce=int, required=False, empty_value=None
    )
    version = forms.IntegerField(min_value=0)

    def clean_seconds(self) -> float:
        return self.cleaned_data["seconds"] or 0.0


class ReasonForm(forms.Form):
    note = _text()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["note"] = str(cleaned.get("note", "")).replace("\r\n", "\n")
        return cleaned


class SkipForm(ReasonForm):
    reason = forms.ChoiceField(choices=SkipReason.choices)


class FlagForm(ReasonForm):
    reason = forms.ChoiceField(choices=FlagReason.choices)


class HistorySearchForm(forms.Form):
    """Words to look for, and a score."""

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
