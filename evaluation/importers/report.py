"""What an importer says of a file: problems of single rows, warnings, refusals of the whole file, reports."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

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


class ProblemLog:
    """The problems of a file: all are counted, the first 1,000 kept, so that memory does not grow."""

    def __init__(self) -> None:
        self.count = 0
        self._kept: list[Problem] = []

    def add(self, problem: Problem) -> None:
        self.count += 1
        if len(self._kept) < MAX_PROBLEMS:
            self._kept.append(problem)

    @property
    def kept(self) -> tuple[Problem, ...]:
        return tuple(sorted(self._kept, key=lambda problem: problem.row or 0))

    @property
    def not_kept(self) -> int:
        return self.count - len(self._kept)

    def stored(self) -> list[dict[str, Any]]:
        """The problems as JSON for the database; the last entry says how many more there were."""
        entries = [asdict(problem) for problem in self.kept]
        if self.not_kept:
            entries.append(asdict(Problem(None, None, "", f"and {self.not_kept} more rows were rejected")))
        return entries

    def refuse_if_strict(self, strict: bool) -> None:
        """Raise `rows_rejected` under `strict` if any row was rejected."""
        if strict and self.count:
            rows = "1 row is" if self.count == 1 else f"{self.count} rows are"
            raise ImportRefused(
                f"Nothing was imported: {rows} not acceptable, and the import is strict. {self.first_few()}",
                code="rows_rejected",
                problems=self.kept,
            )

    def refuse_if_nothing_accepted(self, rows_read: int, rows_accepted: int) -> None:
        """Raise `no_rows` for a file of only a header, `no_rows_accepted` where every row was rejected."""
        if rows_read == 0:
            raise ImportRefused("The file has a header but no rows.", code="no_rows")
        if rows_accepted == 0:
            raise ImportRefused(
                f"None of the {rows_read} rows can be imported. {self.first_few()}",
                code="no_rows_accepted",
                problems=self.kept,
            )

    def first_few(self) -> str:
        shown = "; ".join(str(problem) for problem in self.kept[:FEW])
        more = f"; and {self.count - FEW} more" if self.count > FEW else ""
        return f"{shown}{more}."


@dataclass(frozen=True)
class DeliveryFailures:
    """How many responses have no readable option letter, by condition."""

    baseline: int = 0
    personalised: int = 0


@dataclass(frozen=True)
class ImportReport:
    """What became of a file of a recorded run."""

    status: Status
    message: str
    run: Run
    rows_read: int
    rows_imported: int
    items: int
    problems: tuple[Problem, ...] = ()
    problems_not_listed: int = 0
    warnings: tuple[str, ...] = ()
    delivery_failures: DeliveryFailures = DeliveryFailures()
    missing_baselines: int = 0
    """Items without a baseline response in the file: no delivery failures."""

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values; the run as its id and name."""
        return {
            "status": self.status,
            "message": self.message,
            "run": {"id": self.run.pk, "name": self.run.name},
            "rows_read": self.rows_read,
            "rows_imported": self.rows_imported,
            "items": self.items,
            "delivery_failures": asdict(self.delivery_failures),
            "missing_baselines": self.missing_baselines,
            "warnings": list(self.warnings),
            "problems": [asdict(problem) for problem in self.problems],
            "problems_not_listed": self.problems_not_listed,
        }


@dataclass(frozen=True)
class QuestionsReport:
    """What became of a file of questions."""

    status: Status
    message: str
    dataset: Dataset
    layout: str
    rows_read: int
    rows_imported: int
    questions_created: int
    assignments_created: int
    catalogue: Catalogue | None = None
    problems: tuple[Problem, ...] = ()
    problems_not_listed: int = 0
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values; the dataset as its id and name."""
        return {
            "status": self.status,
            "message": self.message,
            "dataset": {"id": self.dataset.pk, "name": self.dataset.name},
            "layout": self.layout,
            "rows_read": self.rows_read,
            "rows_imported": self.rows_imported,
            "questions_created": self.questions_created,
            "assignments_created": self.assignments_created,
            "catalogue": str(self.catalogue) if self.catalogue else None,
            "warnings": list(self.warnings),
            "problems": [asdict(problem) for problem in self.problems],
            "problems_not_listed": self.problems_not_listed,
        }


@dataclass(frozen=True)
class CatalogueReport:
    """What became of a file of preferences."""

    status: Status
    message: str
    catalogue: Catalogue
    preferences: int
    problems: tuple[Problem, ...] = ()
    problems_not_listed: int = 0
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        return {
            "status": self.status,
            "message": self.message,
            "catalogue": {
                "id": self.catalogue.pk,
                "name": self.catalogue.name,
                "version": self.catalogue.version,
            },
            "preferences": self.preferences,
        }
