"""A file of questions into a dataset, with the preferences that users have about their answers."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from core.audit.writing import record as audit
from core.models import User
from evaluation.importers.cells.question_draft import QuestionDraft, label
from evaluation.importers.files.source_file import Progress, no_progress, opened
from evaluation.importers.lock import one_import_at_a_time
from evaluation.importers.report import (
    ImportRefused,
    ProblemLog,
    QuestionsReport,
    RowRejected,
    refuse_unknown_columns,
)
from evaluation.importers.rows.question_layouts import (
    ANY_LAYOUT,
    KNOWN_COLUMNS,
    Layout,
    known_column,
    layout_of,
    preference_of,
)
from evaluation.importers.rows.question_records import QuestionFile, QuestionRecord
from evaluation.importers.stores.assignments import FromFile, RoundRobin
from evaluation.importers.stores.question_store import QuestionStore, dataset_called
from evaluation.models import Catalogue

CHUNK_ROWS = 500
Drafted = tuple[QuestionDraft, str]
"""A question and its preference in the file, or an empty text."""


def import_questions(
    *,
    file: Path | BinaryIO,
    file_name: str,
    dataset: str,
    layout: str = "auto",
    catalogue: Catalogue | None = None,
    default_source: str = "",
    default_category: str = "",
    is_demonstration: bool = False,
    strict: bool = False,
    actor: User | None,
    progress: Progress = no_progress,
) -> QuestionsReport:
    """Import questions from a table of any kind; what the dataset has already is not made again.

    Preferences come from the file's own `preference` column, into a catalogue named after the dataset. With
    `catalogue`, its relevant preferences are assigned in turn instead, within each source, in the order of the
    file, going on where the last import to the dataset stopped.

    Raises `ImportRefused`; its `code` says how, `problems` lists the rejected rows. After any failure nothing of
    the file is in the database.
    """
    defaults = _defaults(default_source, default_category)
    with opened(file) as stream:
        records = QuestionFile(stream, file_name, KNOWN_COLUMNS, known_column)
        chosen = layout_of(records.columns, layout)
        unknown = sorted(name for name in records.columns - chosen.columns - ANY_LAYOUT if name)
        refuse_unknown_columns(unknown, strict=strict)
        with one_import_at_a_time():
            target = dataset_called(dataset, is_demonstration=is_demonstration)
            store, problems = QuestionStore(target), ProblemLog()
            preferences = RoundRobin(target, catalogue) if catalogue else FromFile(target)
            accepted = 0
            drafts = _drafted(records, chosen, defaults, problems)
            while chunk := list(islice(drafts, CHUNK_ROWS)):
                accepted += len(chunk)
                questions = store.resolve([draft for draft, _ in chunk])
                preferences.assign(
                    [(question, text) for question, (_, text) in zip(questions, chunk, strict=True)]
                )
                progress(records.bytes_done, records.size)
            problems.refuse_if_nothing_accepted(accepted + problems.count, accepted)
            problems.refuse_if_strict(strict)
            is_new = bool(store.created or store.filled or preferences.created)
            if is_new:
                audit(
                    "dataset.imported",
                    actor=actor,
                    subject=target,
                    name=target.name,
                    file=file_name,
                    questions=store.created,
                    preferences=preferences.created,
                )
        progress(records.size, records.size)
    created = "1 new question" if store.created == 1 else f"{store.created} new questions"
    message = f"{created} of {accepted} in “{target.name}”"
    if problems.count:
        message += f"; {problems.count} of {accepted + problems.count} rows rejected"
    return QuestionsReport(
        status="imported" if is_new else "unchanged",
        message=message if is_new else f"all of it is in “{target.name}” already; nothing changed",
        dataset=target,
        layout=chosen.name,
        rows_read=accepted + problems.count,
        rows_imported=accepted,
        questions_created=store.created,
        assignments_created=preferences.created,
        catalogue=str(preferences.catalogue) if preferences.catalogue else None,
        problems=problems.listed,
        problems_not_listed=problems.not_listed,
        warnings=(*_warnings(records, unknown, catalogue), *store.warnings(), *preferences.warnings()),
    )


def _defaults(source: str, category: str) -> tuple[str, str]:
    try:
        return label("default_source", source), label("default_category", category)
    except RowRejected as rejection:
        raise ImportRefused(
            f"The {rejection.column.replace('_', ' ')} {rejection.reason}.",
            code="invalid_name",
            field=rejection.column,
        ) from rejection


def _drafted(
    records: QuestionFile, layout: Layout, defaults: tuple[str, str], problems: ProblemLog
) -> Iterator[Drafted]:
    for record in records:
        try:
            yield _draft(record, layout, defaults), preference_of(record.values)
        except RowRejected as rejection:
            problems.add(record, rejection)


def _draft(record: QuestionRecord, layout: Layout, defaults: tuple[str, str]) -> QuestionDraft:
    if record.rejection is not None:
        raise record.rejection
    draft = layout.read(record.values)
    return replace(
        draft,
        source=draft.source or defaults[0] or layout.source,
        category=draft.category or defaults[1],
    )


def _warnings(records: QuestionFile, unknown: list[str], catalogue: Catalogue | None) -> list[str]:
    warnings = [f"Unknown columns were ignored: {', '.join(unknown)}."] if unknown else []
    if catalogue and "preference" in records.columns:
        warnings.append(f"The file's preferences were not used: those of {catalogue} were assigned.")
    return [*warnings, *records.notes]
