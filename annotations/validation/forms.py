"""Forms of validation reports and of importing ratings."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from annotations.models.imported import RatingScale
from annotations.validation.services.ratings_import import NAME_LENGTH
from core.text.uploads import within_limit
from perg.stats.files.stated_scale import ScaleError, entries_of
from perg.stats.items.annotator_test import EPSILON

SCORINGS = [
    ("", "Automatic"),
    ("accuracy", "Accuracy: same rating as the others"),
    ("neg_rmse", "Distance: closeness to the others' ratings"),
]


class ReportForm(forms.Form):
    """How a validation report shall be computed."""

    epsilon = forms.FloatField(
        min_value=0,
        max_value=0.99,
        initial=EPSILON["skilled"],
        label="Allowance for the judge (ε)",
        help_text="Margin by which the judge may lose to a person: 0.2 for experts, 0.15 for skilled "
        "people, 0.1 for crowd workers.",
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    scoring = forms.ChoiceField(
        choices=SCORINGS,
        required=False,
        label="Scoring",
        help_text="Scoring function of the alternative annotator test.",
    )

    def arguments(self) -> dict[str, Any]:
        """What a valid form asks for."""
        return {"epsilon": self.cleaned_data["epsilon"], "scoring": self.cleaned_data["scoring"] or None}


class SeveralFilesInput(forms.ClearableFileInput):
    """A file input that takes more than one."""

    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """Uploaded files, none too large."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        files: Sequence[UploadedFile[bytes]] = (
            data if isinstance(data, list | tuple) else [data] if data else []
        )
        if not files:
            super().clean(None, initial)
        return [
            within_limit(super(SeveralFilesField, self).clean(file, initial), command="import_ratings")
            for file in files
        ]


class EntriesField(forms.CharField):
    """A comma-separated list in one line."""

    def clean(self, value: Any) -> list[str]:
        try:
            return entries_of(super().clean(value))
        except ScaleError as error:
            raise forms.ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        """The entries as a person writes them."""
        if not isinstance(value, list):
            return value
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(value)
        return line.getvalue()


class RatingsForm(forms.Form):
    """Ratings that people and judges made elsewhere."""

    name = forms.CharField(
        max_length=NAME_LENGTH, help_text="Name of the campaign that will contain the ratings."
    )
    human = SeveralFilesField(label="People's ratings", required=False, help_text="One or more files.")
    judge = SeveralFilesField(
        label="Judges' ratings",
        required=False,
        help_text="One or more files. Not needed if the first file has a column “kind”.",
    )
    scale = forms.ChoiceField(choices=RatingScale.choices, initial=RatingScale.ORDINAL)
    categories = EntriesField(
        label="Categories of the scale",
        required=False,
        help_text="All possible ratings, separated by commas, or a range such as 1..5. If empty, the "
        "ratings in the files are used.",
    )
    failure = EntriesField(
        label="Failure labels",
        required=False,
        help_text="Separated by commas. Put a label that contains a comma in quotes.",
    )
    threshold = forms.FloatField(
        required=False,
        help_text="For ordered scales: lower ratings count as failures. If empty, the threshold is 3 on an "
        "ordinal scale of exactly 1 to 5; other scales have none.",
    )
    is_not_cut = forms.BooleanField(
        required=False,
        label="Import without a failure definition",
        help_text="Agreement and verdicts still work; failure rates are undefined.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not (cleaned["human"] or cleaned["judge"]):
            self.add_error("human", "Choose at least one file.")
        if cleaned.get("is_not_cut") and cleaned.get("threshold") is not None:
            self.add_error("threshold", "Enter a threshold or import without a failure definition, not both.")
        return cleaned

    def arguments(self) -> dict[str, Any]:
        """What a valid form imports."""
        return {
            "name": self.cleaned_data["name"],
            "scale": self.cleaned_data["scale"],
            "categories": self.cleaned_data["categories"],
            "failures": self.cleaned_data["failure"],
            "threshold": self.cleaned_data["threshold"],
            "is_cut": not self.cleaned_data["is_not_cut"],
        }

    def files_to_import(self) -> list[tuple[str, UploadedFile[bytes]]]:
        """The files by field."""
        return [(name, file) for name in ("human", "judge") for file in self.cleaned_data[name]]

    @staticmethod
    def initial_of(arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that stand for the arguments of an earlier import."""
        fields = {name: value for name, value in arguments.items() if name not in ("failures", "is_cut")}
        return fields | {
            "failure": arguments.get("failures", []),
            "is_not_cut": not arguments.get("is_cut", True),
        }
