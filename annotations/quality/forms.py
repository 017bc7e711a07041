"""Forms of quality: items with a known score, the qualification round, and what a lead does about a person."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from annotations.models import GoldRelease
from annotations.models.task import TaskKind
from annotations.quality.services.controls import WIDEST
from annotations.quality.services.quality import REASON_LENGTH
from evaluation.models.endpoint import SCALE

KIND_CHOICES = [
    (TaskKind.CONTROL, "Control item (hidden from annotators)"),
    (TaskKind.QUALIFICATION, "Qualification item"),
]
TOLERANCE_CHOICES = [
    (width, "exact score only" if width == 0 else f"up to {width} off also counts as correct")
    for width in range(WIDEST + 1)
]
SCORE_CHOICES = [(score, str(score)) for score in SCALE]
MOST_BYTES = 5_000_000


class ScoreChangeForm(forms.Form):
    """What an item should be given."""

    score = forms.TypedChoiceField(choices=SCORE_CHOICES, coerce=int, label="Known score")
    tolerance = forms.TypedChoiceField(choices=TOLERANCE_CHOICES, coerce=int, initial=0)
    explanation = forms.CharField(
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Explains the score. Shown to annotators once the item can no longer be assigned to them.",
    )


class KnownScoreForm(ScoreChangeForm):
    """The known score of one response, that becomes an item."""

    response = forms.IntegerField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(choices=KIND_CHOICES, label="Use as")


class GoldItemsForm(forms.Form):
    """Items drawn from a gold release of any campaign that the person leads."""

    release = forms.ModelChoiceField(GoldRelease.objects.none(), label="Gold release")
    count = forms.IntegerField(
        min_value=1,
        max_value=1000,
        initial=20,
        label="Maximum number of items",
        help_text="The items are drawn at random.",
    )
    tolerance = forms.TypedChoiceField(choices=TOLERANCE_CHOICES, coerce=int, initial=1)
    kind = forms.ChoiceField(choices=KIND_CHOICES, label="Use as")

    def __init__(self, *args: Any, led: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["release"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = GoldRelease.objects.filter(campaign__in=led).select_related("campaign")


class ItemsUploadForm(forms.Form):
    """A CSV file of known scores, which a worker reads."""

    file = forms.FileField(
        label="CSV file",
        help_text="Columns: response, score, tolerance (0 if empty) and explanation. Other columns are "
        "ignored.",
    )
    kind = forms.ChoiceField(choices=KIND_CHOICES, label="Use as")

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError("This file is too large. The maximum is 5 MB.")
        return file


class PersonActionForm(forms.Form):
    """What a lead does about a member, with a reason for a pause."""

    action = forms.ChoiceField(
        choices=[(name, name) for name in ("pause", "resume", "set_aside", "restore")],
        error_messages={"required": "Choose an action."},
    )
    reason = forms.CharField(required=False, max_length=REASON_LENGTH)


class QualificationAnswerForm(forms.Form):
    """What a member gives a qualification item."""

    task = forms.IntegerField(widget=forms.HiddenInput)
    score = forms.TypedChoiceField(
        choices=SCORE_CHOICES,
        coerce=int,
        error_messages={"required": "Choose a score from 1 to 5."},
    )
