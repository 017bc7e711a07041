"""A CSV file of a recorded run into the database: one file, one transaction, one run."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from django.db import IntegrityError, transaction
from django.utils import timezone

from core.audit.writing import record as audit
from core.errors import Conflict
from core.models import User
from evaluation.importers.files.csv_file import CsvFile, Fingerprint, check_text
from evaluation.importers.files.source_file import Progress, no_progress, opened
from evaluation.importers.lock import one_import_at_a_time
from evaluation.importers.report import (
    ImportReport,
    Problem,
    ProblemLog,
    RowRejected,
    Status,
    refuse_unknown_columns,
)
from evaluation.importers.rows.dialect import EXAMPLES, Dialect, known_columns, recognise
from evaluation.importers.rows.recorded_row import RecordedRow, parse_row, preference_of_profile
from evaluation.importers.rows.row_tally import RowTally
from evaluation.importers.run_request import NAME_LENGTH, RunRequest
from evaluation.importers.same_again import refuse_if_different
from evaluation.importers.stores.judgment_writer import UNNAMED_JUDGE, JudgmentWriter
from evaluation.importers.stores.preference_store import PreferenceStore
from evaluation.importers.stores.question_store import QuestionStore, dataset_called
from evaluation.importers.stores.recorded_endpoint import recorded_endpoint
from evaluation.importers.stores.run_writer import RunWriter, delivery_failures_of, missing_baselines_of
from evaluation.models import Catalogue, Run, RunImport
from evaluation.models.dataset import PreferenceKind
from evaluation.models.endpoint import DEFAULT_THRESHOLD
from evaluation.models.run import Method, RatingsOf, RunStatus, Setting

DEFAULT_DATASET = "Recorded runs"
CHUNK_ROWS = 500
CHUNK_CHARACTERS = 8_000_000


def import_recorded_run(
    *,
    file: Path | BinaryIO,
    file_name: str,
    model: str,
    method: str,
    setting: str,
    name: str | None = None,
    dataset: str | None = None,
    catalogue: Catalogue | None = None,
    judge: str | None = None,
    ratings_of: str = RatingsOf.PREF,
    preferences: Sequence[str] = (),
    strict: bool = False,
    is_demonstration: bool = False,
    actor: User | None,
    progress: Progress = no_progress,
) -> ImportReport:
    """Import a recorded run; the same file again, for the same model, method and setting, changes nothing. It is
    refused where another judge, dataset or list of preferences is given than the first time.

    `file` is a path or a seekable binary stream. `judge` is who gave the ratings in it. `ratings_of`: whose responses
    they rate in a file that has those of a direct run and of an aligner. `preferences` are the texts of the profiles
    1, 2, … of a file of profiles that lacks them. Under `strict` any rejected row or unknown column refuses the file.
    `progress` gets the bytes done and the bytes in all. Memory does not grow with the file.

    Raises `ImportRefused` (the file or an argument is at fault: `code` says how, `problems` lists rejected
    rows) and `Conflict` (the name is another run's). After any failure nothing of it is in the database.
    """
    request = RunRequest(
        file_name, model, method, setting, name, dataset, catalogue, judge, ratings_of, preferences, strict,
        is_demonstration, actor,
    )  # fmt: skip
    request.check()
    with opened(file) as stream:
        fingerprint = check_text(stream)
        records = CsvFile(stream)
        records.refuse_unless_known(known_columns(records.header), EXAMPLES)
        dialect = recognise(records.header, method=method, setting=setting, ratings_of=ratings_of)
        refuse_unknown_columns(dialect.unknown, strict=strict)
        with one_import_at_a_time():
            earlier = _imported_earlier(request, fingerprint, dialect)
            if earlier is not None:
                refuse_if_different(earlier, request, dialect)
                message = f"already imported as “{earlier.run.name}”; nothing changed"
                return _report(earlier, "unchanged", message)
            return _import(records, dialect, fingerprint, request, progress)


def _imported_earlier(request: RunRequest, fingerprint: Fingerprint, dialect: Dialect) -> RunImport | None:
    """The import of the same content, if any. Raises `Conflict` if another run has this name."""
    same = RunImport.objects.select_related("run", "run__endpoint").filter(
        sha256=fingerprint.sha256,
        ratings_of=dialect.evaluation.ratings_of,
        run__endpoint=recorded_endpoint(request.model),
        run__method=request.method,
        run__setting=request.setting,
    )
    if request.name is None:
        return same.order_by("pk").first()
    earlier = same.filter(run__name=request.name).first()
    if earlier is None and Run.objects.filter(name=request.name).exists():
        raise _name_taken(request.name)
    return earlier


def _name_taken(name: str) -> Conflict:
    return Conflict(
        f"There is a run “{name}” already, and it has other content.", code="name_taken", field="name"
    )


def _report(record: RunImport, status: Status, message: str) -> ImportReport:
    """What the record of an import says."""
    run = record.run
    problems = [Problem(**problem) for problem in record.problems if problem["row"] is not None]
    return ImportReport(
        status=status,
        message=message,
        run=run,
        rows_read=record.rows_read,
        rows_imported=record.rows_imported,
        items=run.items.count(),
        problems=tuple(problems),
        problems_not_listed=record.rows_read - record.rows_imported - len(problems),
        warnings=tuple(record.warnings),
        delivery_failures=delivery_failures_of(run),
        missing_baselines=missing_baselines_of(run),
    )


def _import(
    records: CsvFile, dialect: Dialect, fingerprint: Fingerprint, request: RunRequest, progress: Progress
) -> ImportReport:
    run = _create_run(request)
    problems = ProblemLog()
    kind = PreferenceKind.IRRELEVANT if request.setting == Setting.IRRELEVANT else PreferenceKind.RELEVANT
    imports_ratings = dialect.has_ratings and dialect.evaluation.is_imported
    judgments = (
        JudgmentWriter(run, judge=request.judge, sha256=fingerprint.sha256) if imports_ratings else None
    )
    threshold = judgments.judge.threshold if judgments else DEFAULT_THRESHOLD
    tally = RowTally(dialect, setting=request.setting, threshold=threshold)
    writer = RunWriter(
        run,
        questions=QuestionStore(run.dataset),
        preferences=PreferenceStore(request.catalogue, kind=kind),
        judgments=judgments,
        tally=tally,
        catalogue=request.catalogue,
    )
    for chunk in _chunks(_parsed(records, dialect, request, problems)):
        writer.write(chunk)
        progress(records.bytes_done, fingerprint.size)
    problems.refuse_if_nothing_accepted(records.rows_read, tally.rows)
    problems.refuse_if_strict(request.strict)
    writer.finish()
    warnings = (
        *dialect.warnings,
        *_warnings_of(request, dialect, imports_ratings=imports_ratings),
        *writer.warnings(),
        *tally.warnings(),
    )
    record = RunImport.objects.create(
        run=run,
        file_name=request.file_name[-NAME_LENGTH:],
        sha256=fingerprint.sha256,
        ratings_of=dialect.evaluation.ratings_of,
        rows_read=records.rows_read,
        rows_imported=tally.rows,
        problems=problems.stored(),
        warnings=list(warnings),
    )
    audit(
        "run.imported",
        actor=request.actor,
        subject=run,
        name=run.name,
        file=request.file_name[-NAME_LENGTH:],
        dataset=run.dataset.name,
        rows=tally.rows,
    )
    progress(fingerprint.size, fingerprint.size)
    message = f"imported {tally.rows} of {records.rows_read} rows as “{run.name}”"
    return _report(record, "imported", message)


def _create_run(request: RunRequest) -> Run:
    dataset = dataset_called(request.dataset or DEFAULT_DATASET, is_demonstration=request.is_demonstration)
    name = request.name or _free_name(
        f"{request.model} · {Method(request.method).label} · {Setting(request.setting).label} · "
        f"{Path(request.file_name).stem}"
    )
    try:
        with transaction.atomic():
            return Run.objects.create(
                name=name,
                dataset=dataset,
                endpoint=recorded_endpoint(request.model),
                method=request.method,
                setting=request.setting,
                status=RunStatus.COMPLETE,
                is_demonstration=request.is_demonstration,
                created_by=request.actor,
                finished_at=timezone.now(),
            )
    except IntegrityError as error:
        # Not by an importer, which would have waited: somebody launched a run of this name.
        raise _name_taken(name) from error


def _free_name(proposal: str) -> str:
    proposal = proposal.replace("\0", "")[: NAME_LENGTH - 10]
    name, number = proposal, 1
    while Run.objects.filter(name=name).exists():
        number += 1
        name = f"{proposal} ({number})"
    return name


def _parsed(
    records: CsvFile, dialect: Dialect, request: RunRequest, problems: ProblemLog
) -> Iterator[RecordedRow]:
    """The acceptable rows; the others go to the log."""
    for record in records:
        try:
            records.check_cells(record)
            yield parse_row(record, dialect, setting=request.setting, preferences=request.preferences)
        except RowRejected as rejection:
            problems.add(record, rejection)


def _chunks(rows: Iterable[RecordedRow]) -> Iterator[list[RecordedRow]]:
    """Rows in lists of at most 500, fewer where the rows are large: a chunk is what memory has to hold."""
    chunk: list[RecordedRow] = []
    characters = 0
    for row in rows:
        chunk.append(row)
        characters += row.characters
        if len(chunk) == CHUNK_ROWS or characters >= CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def _warnings_of(request: RunRequest, dialect: Dialect, *, imports_ratings: bool) -> list[str]:
    """What was asked for and has no use in this file, and what had to be made up."""
    warnings = []
    if imports_ratings and not request.judge:
        warnings.append(
            f"The file does not say who gave its ratings: they are those of “{UNNAMED_JUDGE}”. Name the judge "
            "(field Judge, --judge), so that two judges are not taken for one."
        )
    if request.judge and not imports_ratings:
        warnings.append(f"No ratings were imported, so the judge {request.judge} was not needed.")
    if request.preferences and not dialect.has_profiles:
        warnings.append("The file has no profiles, so the list of preferences was not needed.")
    nameless = [
        columns.profile
        for columns in dialect.personalised
        if columns.profile
        and columns.preference is None
        and not preference_of_profile(columns.profile, request.preferences)
    ]
    if nameless:
        numbers = ", ".join(map(str, nameless))
        warnings.append(
            f"The texts of the preferences of these profiles are not known; placeholders stand in: {numbers}."
        )
    return warnings
