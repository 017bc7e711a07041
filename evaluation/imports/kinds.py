"""The kinds of imports that there are. An app registers its own when it starts (`AppConfig.ready`)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import DomainError
from core.models import User
from evaluation.importers.files.source_file import Progress


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An uploaded file: the field that it came in, the name that it had, and where it is now."""

    field: str
    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class ImportSource:
    """What an import reads. `arguments` are JSON, as the job stores them."""

    files: Sequence[StoredFile]
    arguments: Mapping[str, Any]  # Any: each kind knows its own
    actor: User
    progress: Progress

    def file(self, field: str) -> StoredFile:
        """The one file of a field."""
        return next(file for file in self.files if file.field == field)


@dataclass(frozen=True, slots=True)
class ImportKind:
    """A kind of import.

    Attributes:
        name: stored with each job.
        title: what it imports, for people.
        form: the address, by name, of the page that takes the files.
        template: shows the report.
        run: imports and gives the report, JSON-ready; raises DomainError where nothing can be imported. It checks again
            what the person may do: time has passed since they asked.
        problems: the problems of single rows in a refusal, JSON-ready.
    """

    name: str
    title: str
    form: str
    template: str
    run: Callable[[ImportSource], dict[str, Any]]
    problems: Callable[[DomainError], list[Any]]


MOST_PROBLEMS = 1_000


def listed_problems(problems: Sequence[str]) -> list[str]:
    """The first problems of a refusal, and how many more there are."""
    more = len(problems) - MOST_PROBLEMS
    return [*problems[:MOST_PROBLEMS], *([f"and {more:,} more"] if more > 0 else [])]


_kinds: dict[str, ImportKind] = {}


def register(kind: ImportKind) -> None:
    """Make a kind known."""
    _kinds[kind.name] = kind


def kind_called(name: str) -> ImportKind:
    """The kind with this name; KeyError where there is none."""
    return _kinds[name]
