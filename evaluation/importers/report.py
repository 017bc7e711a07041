"""What an importer says of a file: problems of single rows, warnings, refusals of the whole file, reports."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Protocol

from core.errors import DomainError
from evaluation.models import Catalogue, Dataset, Run

MAX_PROBLEMS = 1_000
FEW = 5

Status = Literal["imported", "unchanged"]


@dataclass(frozen=True)
class Problem:
    """Why a row was rejected. `row` counts data rows from 1; `line` is where the record ends, if known."""

    row: int | None
    line: int | None
    column: str
    reason: str

    def __str__(self) -> str:
        where = [] if self.row is None else [f"row {self.row}"]
        where += [] if self.line is None else [f"line {self.line}"]
        where += [self.column] if self.column else []
        return f"{', '.join(where)}: {self.reason}" if where else self.reason


class RowRejected(Exception):
    """A row cannot be imported: which column is at fault, and why. Never leaves the importers."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


class ImportRefused(DomainError):
    """The whole file is refused and nothing of it was written; `problems` holds its rejected rows, if any."""

    code = "import_refused"

    def __init__(
        self, message: str, *, code: str, problems: Sequence[Problem] = (), field: str = "file"
    ) -> None:
        super().__init__(message, code=code, field=field)
        self.problems = tuple(problems)


class Record(Protocol):
    """A record of any kind of file: its number among the data rows, and the line on which it ends, if known."""

    @property
    def row(self) -> int: ...

    @property
    def line(self) -> int | None: ...


def refuse_unknown_columns(unknown: Sequence[str], *, strict: bool) -> None:
    """Raise `unknown_columns` under `strict` if the file has any."""
    if strict and unknown:
        raise ImportRefused(
            f"The import is strict, and the file has unknown columns: {', '.join(unknown)}.",
            code="unknown_columns",
        )


class ProblemLog:
    """The problems of a file: all are counted, the first 1,000 listed, so that memory does not grow."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[Problem] = []

    def add(self, record: Record, rejection: RowRejected) -> None:
        self.count += 1
        if len(self._first) < MAX_PROBLEMS:
            self._first.append(Problem(record.row, record.line, rejection.column, rejection.reason))

    @property
    def listed(self) -> tuple[Problem, ...]:
        return tuple(sorted(self._first, key=lambda problem: problem.row or 0))

    @property
    def not_listed(self) -> int:
        return self.count - len(self._first)

    def stored(self) -> list[dict[str, Any]]:
        """The problems as JSON for the database; the last entry says how many more there were."""
        entries = [asdict(problem) for problem in self.listed]
        if self.not_listed:
            entries.append(asdict(Problem(None, None, "", f"and {self.not_listed} more rows were rejected")))
        return entries

    def refuse_if_strict(self, strict: bool) -> None:
        """Raise `rows_rejected` under `strict` if any row was rejected."""
        if strict and self.count:
            rows = "1 row is" if self.count == 1 else f"{self.count} rows are"
            raise ImportRefused(
                f"Nothing was imported: {rows} not acceptable, and the import is strict. {self.first_few()}",
                code="rows_rejected",
                problems=self.listed,
            )

    def refuse_if_nothing_accepted(self, rows_read: int, rows_accepted: int) -> None:
        """Raise `no_rows` for a file of only a header, `no_rows_accepted` where every row was rejected."""
        if rows_read == 0:
            raise ImportRefused("The file has a header but no rows.", code="no_rows")
        if rows_accepted == 0:
            raise ImportRefused(
                f"None of the {rows_read} rows can be imported. {self.first_few()}",
                code="no_rows_accepted",
                problems=self.listed,
            )

    def first_few(self) -> str:
        shown = "; ".join(str(problem) for problem in self.listed[:FEW])
        more = f"; and {self.count - FEW} more" if self.count > FEW else ""
        return f"{shown}{more}."


@dataclass(frozen=True)
class DeliveryFailures:
    """How many responses have no readable option letter, by condition."""

    baseline: int = 0
    personalised: int = 0


@dataclass(frozen=True, kw_only=True)
class Report:
    """What became of a file; the fields are the keys of its JSON."""

    status: Status
    message: str

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values; what was imported as its id and name."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


@dataclass(frozen=True, kw_only=True)
class RowsReport(Report):
    """What became of a file whose rows are accepted or rejected one by one."""

    rows_read: int
    rows_imported: int
    warnings: tuple[str, ...]
    problems: tuple[Problem, ...]
    problems_not_listed: int


@dataclass(frozen=True, kw_only=True)
class ImportReport(RowsReport):
    """What became of a file of a recorded run."""

    run: Run
    items: int
    delivery_failures: DeliveryFailures
    missing_baselines: int
    """Items without a baseline response in the file: no delivery failures."""


@dataclass(frozen=True, kw_only=True)
class QuestionsReport(RowsReport):
    """What became of a file of questions; `catalogue` is the name and version of what their preferences are in."""

    dataset: Dataset
    layout: str
    questions_created: int
    assignments_created: int
    catalogue: str | None


@dataclass(frozen=True, kw_only=True)
class CatalogueReport(Report):
    """What became of a file of preferences."""

    catalogue: Catalogue
    preferences: int


def _plain(value: object) -> object:
    if isinstance(value, Run | Dataset | Catalogue):
        version = {"version": value.version} if isinstance(value, Catalogue) else {}
        return {"id": value.pk, "name": value.name, **version}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return asdict(value) if isinstance(value, Problem | DeliveryFailures) else value
