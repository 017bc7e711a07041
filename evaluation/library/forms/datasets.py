"""Forms of datasets: a file of questions, and the search in them."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from core.text.uploads import stored_arguments, within_limit
from evaluation.importers.rows.question_layouts import LAYOUTS
from evaluation.importers.stores.question_store import NAME_LENGTH
from evaluation.models import Catalogue


class QuestionsForm(forms.Form):
    """A file of questions; the fields are arguments of `import_questions`."""

    file = forms.FileField(
        label="File",
        help_text="A table: CSV with any delimiter, TSV, a spreadsheet, JSON, JSON lines or Parquet.",
    )
    dataset = forms.CharField(
        max_length=NAME_LENGTH,
        help_text="Enter a new name to create a dataset, or an existing name to add the questions to it.",
    )
    layout = forms.ChoiceField(
        choices=[("auto", "Detect from the columns"), *((name, name) for name in sorted(LAYOUTS))],
        initial="auto",
        help_text="The layout of the questions in the file.",
    )
    catalogue = forms.ModelChoiceField(
        Catalogue.objects.all(),
        required=False,
        label="Assign preferences from",
        help_text="The catalogue's relevant preferences are assigned in turn. If empty, the preferences in "
        "the file are used, if there are any.",
    )
    default_source = forms.CharField(
        max_length=200,
        required=False,
        label="Source",
        help_text="Used for questions without a source, e.g. cais/mmlu.",
    )
    strict = forms.BooleanField(required=False, label="Reject the whole file if any row is invalid")

    def clean_file(self) -> UploadedFile[bytes]:
        return within_limit(self.cleaned_data["file"], command="import_questions")

    def arguments(self) -> dict[str, Any]:
        """What a valid form imports, besides the file."""
        return stored_arguments(self.cleaned_data)


class QuestionSearchForm(forms.Form):
    """Words, and one of the sources and categories that there are."""

    q = forms.CharField(
        required=False, label="Search text", max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )
    source = forms.ChoiceField(required=False)
    category = forms.ChoiceField(required=False)

    def __init__(self, data: object, counts: Iterable[tuple[str, str, int]]) -> None:
        super().__init__(data)  # type: ignore[arg-type] # a QueryDict, whatever the stubs call it
        counts = list(counts)
        for name, place in (("source", 0), ("category", 1)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            values = sorted({str(row[place]) for row in counts} - {""})
            field.choices = [("", "All"), *((value, value) for value in values)]
