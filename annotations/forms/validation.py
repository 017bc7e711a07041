"""Forms of validation reports and of importing ratings."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from annotations.agreement.alternative_annotator_test import EPSILON
from annotations.agreement.ratings_files import Kind
from annotations.models.campaign import RatingScale
from annotations.services.ratings_import import NAME_LENGTH, RatingsFile

SCORINGS = [
    ("", "As the scale wants it"),
    ("accuracy", "Accuracy: the same rating as the others"),
    ("neg_rmse", "Distance: as near to the others' ratings"),
]


class ReportForm(forms.Form):
    """How a validation report shall be computed."""

    epsilon = forms.FloatField(
        min_value=0,
        max_value=0.99,
        initial=EPSILON["skilled"],
        label="What being cheaper is worth (ε)",
        help_text="The judge may lose to a person by so much: 0.2 beside experts, 0.15 beside skilled people, 0.1 "
        "beside crowd workers.",
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    scoring = forms.ChoiceField(
        choices=SCORINGS, required=False, label="Scored by", help_text="Of the alternative annotator test."
    )

    def arguments(self) -> dict[str, Any]:
        """What a valid form asks for."""
        return {"epsilon": self.cleaned_data["epsilon"], "scoring": self.cleaned_data["scoring"] or None}


class SeveralFilesInput(forms.ClearableFileInput):
    """A file input that takes more than one."""

    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """Uploaded files, each as its name and text; none too large, all of them UTF-8."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[tuple[str, str]]:
        given: Sequence[UploadedFile[bytes]] = (
            data if isinstance(data, list | tuple) else [data] if data else []
        )
        if not given:
            super().clean(None, initial)
        return [self._text(super(SeveralFilesField, self).clean(file, initial)) for file in given]

    def _text(self, file: UploadedFile[bytes]) -> tuple[str, str]:
        name = file.name or "file"
        if file.size is not None and file.size > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(
                f"{name} has {filesizeformat(file.size)}; at most {filesizeformat(settings.UPLOAD_MAX_BYTES)} can be "
                "uploaded. Use the command import_ratings for larger ones."
            )
        try:
            return name, file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError(f"{name} is not UTF-8 (at byte {error.start}).") from error


class RatingsForm(forms.Form):
    """Ratings that people and judges made elsewhere."""

    name = forms.CharField(max_length=NAME_LENGTH, help_text="Of the campaign that will hold them.")
    human = SeveralFilesField(label="People's ratings", required=False, help_text="One file, or several.")
    judge = SeveralFilesField(
        label="Judges' ratings",
        required=False,
        help_text="One file, or several. Not needed where the first file has a column kind.",
    )
    scale = forms.ChoiceField(choices=RatingScale.choices, initial=RatingScale.ORDINAL)
    threshold = forms.FloatField(
        required=False,
        help_text="From this rating on, one counts as followed. Left empty, 3 on an ordinal scale of 1 to 5, and "
        "elsewhere ratings are not cut.",
    )
    is_not_cut = forms.BooleanField(required=False, label="Do not cut the ratings at all")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not (cleaned["human"] or cleaned["judge"]):
            self.add_error("human", "Choose at least one file.")
        if cleaned.get("is_not_cut") and cleaned.get("threshold") is not None:
            self.add_error("threshold", "Either give a threshold, or do not cut the ratings.")
        return cleaned

    def arguments(self) -> dict[str, Any]:
        """What a valid form imports."""
        given: list[tuple[Kind, list[tuple[str, str]]]] = [
            ("human", self.cleaned_data["human"]),
            ("judge", self.cleaned_data["judge"]),
        ]
        return {
            "name": self.cleaned_data["name"],
            "scale": self.cleaned_data["scale"],
            "threshold": self.cleaned_data["threshold"],
            "is_cut": not self.cleaned_data["is_not_cut"],
            "files": [RatingsFile(name, text, kind) for kind, files in given for name, text in files],
        }
