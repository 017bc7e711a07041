"""What the pages of an upload show."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotations.item_import.forms.columns import MappingForm
from annotations.item_import.forms.upload import NAMED_ENCODINGS, LayoutForm
from annotations.item_import.selectors.uploads import choices_of, fitting_mappings, mapping_of, reading_of
from annotations.item_import.tables.documents import RowProblem, TableOutcome, TableReading
from annotations.item_import.tables.reading import stated_layout
from annotations.models import TableUpload
from evaluation.models import ImportJob
from perg.formats.tables.dialects import DELIMITER_NAMES
from perg.formats.tables.layout import KIND_NAMES, TableLayout

PROBLEMS_SHOWN = 50
STEPS = (
    ("item_import_columns", "Columns"),
    ("item_import_criteria", "Criteria"),
    ("item_import_preview", "Preview and import"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the import: its page, and whether it can be opened by now."""

    route: str
    title: str
    is_open: bool


def steps_of(upload: TableUpload) -> list[Step]:
    """The steps after the upload."""
    is_checked = upload.outcome is not None
    return [Step(route, title, is_checked or route == "item_import_columns") for route, title in STEPS]


def layout_in_words(layout: TableLayout) -> str:
    """What a file was recognised as."""
    words = [KIND_NAMES[layout.kind]]
    if layout.encoding:
        words.append(NAMED_ENCODINGS.get(layout.encoding, layout.encoding.upper()))
    if layout.kind == "delimited":
        words.append(f"cells separated by {DELIMITER_NAMES.get(layout.delimiter, 'nothing')}")
    if layout.sheet:
        words.append(f"sheet “{layout.sheet}” of {len(layout.sheets)}")
    if layout.kind in ("delimited", "workbook"):
        words.append(f"headings in row {layout.header_row}" if layout.header_row else "no headings")
    return ", ".join(words)


def columns_page(
    upload: TableUpload, form: MappingForm | None = None, layout_form: LayoutForm | None = None
) -> dict[str, object]:
    """The context of the page on which columns are mapped; also where the file cannot be read as it is."""
    stated = stated_layout(upload.stated)
    reading = None if upload.reading is None else reading_of(upload)
    context: dict[str, object] = {
        "upload": upload,
        "steps": steps_of(upload),
        "reading": reading,
        "layout_form": layout_form or LayoutForm(layout=reading.layout if reading else None, stated=stated),
    }
    if reading is None:
        return context
    return context | {
        "form": form or MappingForm(columns=reading.columns, mapping=mapping_of(upload)),
        "layout_words": layout_in_words(reading.layout),
        "saved": fitting_mappings(upload.requested_by, [column.name for column in reading.columns]),
        "broken": reading.broken[:PROBLEMS_SHOWN],
        "broken_more": max(reading.broken_rows - PROBLEMS_SHOWN, 0),
    }


def preview_page(
    upload: TableUpload, outcome: TableOutcome, reading: TableReading, earlier: ImportJob | None
) -> dict[str, object]:
    """The context of the page that shows what will be imported. `earlier`: an import of it that was refused."""
    problems: Sequence[object] = outcome.problems[:PROBLEMS_SHOWN]
    count = outcome.problem_count
    if earlier is not None and earlier.problems:
        problems = [RowProblem.model_validate(problem) for problem in earlier.problems[:PROBLEMS_SHOWN]]
        count = max(count, len(earlier.problems))
    return {
        "upload": upload,
        "steps": steps_of(upload),
        "outcome": outcome,
        "reading": reading,
        "earlier": earlier,
        "problems": problems,
        "problem_count": count,
        "not_listed": max(count - len(problems), 0),
        "unimported": [criterion for criterion in outcome.criteria if criterion.problem],
        "asked": [criterion for criterion in outcome.criteria if criterion.asks_failure],
        "choices": choices_of(upload),
    }
