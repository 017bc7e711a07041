"""The file, and how it is laid out."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from annotations.item_import.services.items import NAME_LENGTH
from core.text.uploads import within_limit
from perg.formats.tables.dialects import DELIMITER_NAMES, ONE_COLUMN
from perg.formats.tables.encodings import ENCODINGS
from perg.formats.tables.layout import StatedLayout, TableLayout

RECOGNISED = "Recognise it"
NAMED_ENCODINGS = {"utf-8": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252 (Western)"}
NAMED_DELIMITERS = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "bar": "|",
    "none": ONE_COLUMN,
}


class TableFileForm(forms.Form):
    """A table to import."""

    file = forms.FileField(
        label="Table",
        help_text="CSV with any delimiter, TSV, spreadsheet (XLSX, XLS, ODS), JSON, JSON lines or Parquet.",
    )
    campaign = forms.CharField(
        max_length=NAME_LENGTH,
        required=False,
        help_text="Name of the campaign that will contain the items. If empty, the name of the file; you can still "
        "change it before the import.",
    )

    def clean_file(self) -> UploadedFile[bytes]:
        return within_limit(self.cleaned_data["file"], command="import_items")


class LayoutForm(forms.Form):
    """How a file is laid out, if it was not recognised. Fields that its kind does not have are left out."""

    encoding = forms.ChoiceField(required=False)
    delimiter = forms.ChoiceField(required=False, label="Cells are separated by")
    sheet = forms.ChoiceField(required=False)
    header_row = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=1_000_000,
        label="Row with the headings",
        help_text="Counted from 1; 0 if there are none. If empty, it is recognised.",
    )

    def __init__(
        self, data: QueryDict | None = None, *, layout: TableLayout | None, stated: StatedLayout
    ) -> None:
        names = {value: name for name, value in NAMED_DELIMITERS.items()}
        initial = {
            "encoding": stated.encoding or "",
            "delimiter": names.get(stated.delimiter or "", ""),
            "sheet": layout.sheet if layout else "",
            "header_row": layout.header_row if layout else stated.header_row,
        }
        super().__init__(data, initial=initial)
        self.read_as = layout
        kind = layout.kind if layout else None
        self._choices("encoding", [(name, NAMED_ENCODINGS.get(name, name)) for name in ENCODINGS])
        self._choices(
            "delimiter",
            [
                (name, DELIMITER_NAMES.get(value, "nothing: it is one column"))
                for name, value in NAMED_DELIMITERS.items()
            ],
        )
        sheets = layout.sheets if layout else ()
        self._field("sheet").choices = [(sheet, sheet) for sheet in sheets]
        unused = {
            "delimited": ["sheet"],
            "workbook": ["encoding", "delimiter"],
            "json": ["delimiter", "sheet", "header_row"],
            "json_lines": ["delimiter", "sheet", "header_row"],
            "parquet": ["encoding", "delimiter", "sheet", "header_row"],
            None: ["sheet"],
        }
        for name in unused[kind]:
            del self.fields[name]

    def _field(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        self._field(name).choices = [("", RECOGNISED), *choices]

    def layout(self) -> StatedLayout:
        """What a valid form says."""
        fields = self.cleaned_data
        return StatedLayout(
            encoding=fields.get("encoding") or None,
            delimiter=NAMED_DELIMITERS.get(fields.get("delimiter") or ""),
            sheet=fields.get("sheet") or None,
            header_row=fields.get("header_row"),
        )


class ImportForm(forms.Form):
    """Into which campaign, and whether without the rows that cannot be used."""

    campaign = forms.CharField(
        max_length=NAME_LENGTH,
        help_text="A new name makes a campaign. A campaign of yours with imported items gets what is new.",
    )
    rest = forms.BooleanField(required=False)

    def __init__(self, *args: Any, problems: int, **kwargs: Any) -> None:
        # Any: as Django declares it
        super().__init__(*args, **kwargs)
        self.fields["rest"].label = f"Leave out what the {problems:,} problems are about, and import the rest"
        if problems == 1:
            self.fields["rest"].label = "Leave out what the problem is about, and import the rest"
        if not problems:
            self.fields["rest"].label = "Leave out what contradicts ratings that are there"
