"""Forms of runs: an import, and budgets."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from core.errors import DomainError
from core.text.keys import key_in
from core.text.uploads import stored_arguments, within_limit
from evaluation.importers.recorded_run import DEFAULT_DATASET
from evaluation.importers.stores.question_store import NAME_LENGTH
from evaluation.models import Catalogue
from evaluation.models.run import Method, RatingsOf, Setting
from evaluation.runs.selectors.failures import Cause


class RecordedRunForm(forms.Form):
    """A recorded run to import, and what the file itself does not say of it."""

    file = forms.FileField(label="CSV file", help_text="One row per item, in the format of the PERG study.")
    model = forms.CharField(
        max_length=200, help_text="The model that wrote the responses, e.g. mixtral-8x7b."
    )
    method = forms.ChoiceField(choices=Method.choices)
    setting = forms.ChoiceField(choices=Setting.choices)
    name = forms.CharField(
        max_length=300, required=False, help_text="If empty, a name is generated from the values above."
    )
    dataset = forms.CharField(
        max_length=NAME_LENGTH,
        required=False,
        help_text=f"The dataset for the questions; created if it does not exist. If empty, “{DEFAULT_DATASET}”.",
    )
    catalogue = forms.ModelChoiceField(
        Catalogue.objects.all(), required=False, help_text="The source of the preferences' categories."
    )
    judge = forms.CharField(
        max_length=180,
        required=False,
        help_text="The judge that gave the ratings in the file, if there are any. If empty, the judge is "
        "unnamed.",
    )
    preferences = forms.FileField(
        required=False,
        label="Profile preferences",
        help_text="A text file with one preference per line, for a file of profiles that does not contain "
        "the preferences.",
    )
    ratings_of = forms.ChoiceField(
        choices=RatingsOf.choices,
        required=False,
        label="Rated responses",
        help_text="Only for Pref-Aligner files, which contain the responses of the direct run and of the "
        "aligner.",
    )
    strict = forms.BooleanField(required=False, label="Reject the whole file if any row is invalid")

    def clean_ratings_of(self) -> str:
        return self.cleaned_data["ratings_of"] or RatingsOf.PREF.value

    def clean_file(self) -> UploadedFile[bytes]:
        return within_limit(self.cleaned_data["file"], command="import_recorded_run")

    def clean_preferences(self) -> UploadedFile[bytes] | None:
        file: UploadedFile[bytes] | None = self.cleaned_data["preferences"]
        return file and within_limit(file, command="import_recorded_run")

    def arguments(self) -> dict[str, Any]:
        """What a valid form imports, besides the files."""
        return stored_arguments(self.cleaned_data)

    def files_to_import(self) -> list[tuple[str, UploadedFile[bytes]]]:
        """The files by field."""
        return [(name, file) for name in ("file", "preferences") if (file := self.cleaned_data[name])]


SMALLEST_BUDGET = Decimal("0.0001")
"""The least that the money columns can hold; a budget of nothing is no budget."""


class BudgetForm(forms.Form):
    """What a run may spend; an empty field is no limit."""

    money_budget = forms.DecimalField(
        min_value=SMALLEST_BUDGET,
        max_digits=12,
        decimal_places=4,
        required=False,
        help_text="In US dollars. If empty, there is no limit.",
    )
    call_budget = forms.IntegerField(min_value=1, required=False, help_text="If empty, there is no limit.")


def posted_cause(posted: Mapping[str, str]) -> Cause | None:
    """The cause that was chosen; None: all. Raises DomainError for one that is no cause."""
    endpoint, code = posted.get("endpoint", ""), posted.get("error_code", "")
    if not endpoint and not code:
        return None
    key = key_in(endpoint)
    if key is None or not 0 < len(code) <= 50:
        raise DomainError("This cause does not exist.", field="error_code")
    return Cause(key, code)
