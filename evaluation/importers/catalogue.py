"""A CSV file of preferences into a version of a catalogue."""

from pathlib import Path
from typing import BinaryIO

from core.audit.writing import record as audit
from core.models import User
from evaluation.importers.cells.question_draft import excerpt, preference_text
from evaluation.importers.files.csv_file import CsvFile, CsvRecord, check_text
from evaluation.importers.files.source_file import opened
from evaluation.importers.lock import one_import_at_a_time
from evaluation.importers.report import CatalogueReport, ImportRefused, ProblemLog, RowRejected
from evaluation.importers.stores.names import require_name
from evaluation.models import Catalogue, Preference
from evaluation.models.dataset import PreferenceCategory, PreferenceKind
from perg.formats.spreadsheet import as_written

COLUMNS = ("text", "category", "kind")
NAME_LENGTH = 200
Entry = tuple[str, str, str]
"""Text, category and kind of a preference."""


def import_catalogue(
    *, file: Path | BinaryIO, name: str, is_demonstration: bool = False, actor: User | None
) -> CatalogueReport:
    """Import a catalogue from a CSV file `text,category,kind`; without them the category is other, the kind relevant.

    The content of a version that there is already changes nothing; other content becomes the next version. A
    catalogue is short and made with care, so any row that is not acceptable refuses the whole file.

    Raises `ImportRefused`; its `code` says how, `problems` lists the rejected rows.
    """
    require_name(name, longest=NAME_LENGTH, field="name", whose="A catalogue's name")
    with opened(file) as stream:
        check_text(stream)
        entries = _entries(CsvFile(stream))
    with one_import_at_a_time():
        versions = list(Catalogue.objects.filter(name=name).order_by("-version"))
        same = next((version for version in versions if _content(version) == entries), None)
        if same is not None:
            return CatalogueReport(
                status="unchanged",
                message=f"{same} has this content already",
                catalogue=same,
                preferences=len(entries),
            )
        number = versions[0].version + 1 if versions else 1
        catalogue = Catalogue.objects.create(name=name, version=number, is_demonstration=is_demonstration)
        Preference.objects.bulk_create(
            Preference(catalogue=catalogue, text=text, category=category, kind=kind)
            for text, category, kind in entries
        )
        audit(
            "catalogue.imported",
            actor=actor,
            subject=catalogue,
            name=name,
            version=number,
            preferences=len(entries),
        )
    return CatalogueReport(
        status="imported",
        message=f"imported {len(entries)} preferences as {catalogue}",
        catalogue=catalogue,
        preferences=len(entries),
    )


def _content(catalogue: Catalogue) -> list[Entry]:
    return list(catalogue.preferences.order_by("pk").values_list("text", "category", "kind"))


def _entries(file: CsvFile) -> list[Entry]:
    file.refuse_unless_known(set(file.header) & set(COLUMNS), COLUMNS)
    unknown = [column for column in file.header if column not in COLUMNS]
    if "text" not in file.header:
        raise ImportRefused("The column text is missing.", code="missing_columns")
    if unknown:
        raise ImportRefused(
            f"A catalogue has the columns {', '.join(COLUMNS)}; unknown: {', '.join(unknown)}.",
            code="unknown_columns",
        )
    entries: list[Entry] = []
    problems = ProblemLog()
    rows: dict[str, int] = {}
    for record in file:
        try:
            file.check_cells(record)
            entry = _entry(file, record)
            if entry[0] in rows:
                raise RowRejected("text", f"the same preference as row {rows[entry[0]]}")
        except RowRejected as rejection:
            problems.add(record, rejection)
        else:
            rows[entry[0]] = record.row
            entries.append(entry)
    problems.refuse_if_nothing_accepted(file.rows_read, len(entries))
    problems.refuse_if_strict(True)
    return entries


def _entry(file: CsvFile, record: CsvRecord) -> Entry:
    cells = dict(zip(file.header, record.cells, strict=True))
    text = preference_text("text", as_written(cells["text"]))
    if not text:
        raise RowRejected("text", "has no text")
    category = cells.get("category", "").strip().lower() or str(PreferenceCategory.OTHER)
    kind = cells.get("kind", "").strip().lower() or str(PreferenceKind.RELEVANT)
    if category not in PreferenceCategory.values:
        raise RowRejected(
            "category", f"{excerpt(category)} is none of {', '.join(PreferenceCategory.values)}"
        )
    if kind not in PreferenceKind.values:
        raise RowRejected("kind", f"{excerpt(kind)} is none of {', '.join(PreferenceKind.values)}")
    return text, category, kind
