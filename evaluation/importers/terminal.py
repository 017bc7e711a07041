"""How an importer speaks to a terminal: arguments, a progress bar, the report or the refusal, JSON for programs."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from core.audit.writing import acting_by
from core.errors import DomainError
from evaluation.importers.files import source_file
from evaluation.importers.report import ImportRefused, ImportReport, QuestionsReport, Report, RowsReport

SHOWN = 20


class ImportCommand(BaseCommand):
    """A command that runs one importer. Refused: exit status 1, and with --json still one object on stdout."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="The file to import.")
        parser.add_argument("--json", action="store_true", help="Print the report as one JSON object.")

    def run_import(self, options: dict[str, Any]) -> Report:
        """Run the importer with the options of the command line. Raises `DomainError`."""
        raise NotImplementedError

    def handle(self, **options: Any) -> None:
        try:
            with acting_by(command=type(self).__module__.rpartition(".")[2]):
                report = self.run_import(options)
        except DomainError as error:
            if options["json"]:
                self.stdout.write(json.dumps(refusal_as_dict(error), ensure_ascii=False))
                sys.exit(1)
            raise CommandError(refusal_as_text(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False))
        else:
            self.stdout.write(report_as_text(report))


@contextmanager
def progress_bar(description: str) -> Iterator[source_file.Progress]:
    """A progress callback that draws a bar on stderr, or nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield source_file.no_progress
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description, total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield advance


def refusal_as_dict(error: DomainError) -> dict[str, Any]:
    """A refusal as JSON-ready values."""
    problems = error.problems if isinstance(error, ImportRefused) else ()
    return {
        "status": "refused",
        "code": error.code,
        "message": error.message,
        "problems": [asdict(problem) for problem in problems],
    }


def refusal_as_text(error: DomainError) -> str:
    """A refusal with its problems, one a line."""
    problems = error.problems if isinstance(error, ImportRefused) else ()
    return "\n".join([error.message, *_listed([str(problem) for problem in problems])])


def report_as_text(report: Report) -> str:
    """A report for people."""
    lines = [report.message]
    if isinstance(report, ImportReport):
        failures = report.delivery_failures
        missing = (
            f"; without a baseline response: {report.missing_baselines}" if report.missing_baselines else ""
        )
        lines.append(
            f"{report.items} items; without a readable answer: {failures.baseline} baseline, "
            f"{failures.personalised} personalised responses{missing}"
        )
    if isinstance(report, QuestionsReport):
        lines.append(f"layout {report.layout}; {report.assignments_created} preferences newly assigned")
    if isinstance(report, RowsReport):
        lines += [f"Warning: {warning}" for warning in report.warnings]
        rejected = len(report.problems) + report.problems_not_listed
        if rejected:
            lines.append(f"{rejected} {'row was' if rejected == 1 else 'rows were'} rejected:")
            lines += _listed([str(problem) for problem in report.problems], rejected)
    return "\n".join(lines)


def _listed(problems: list[str], number: int | None = None) -> list[str]:
    number = len(problems) if number is None else number
    shown = [f"  {problem}" for problem in problems[:SHOWN]]
    return [*shown, f"  … and {number - SHOWN} more"] if number > SHOWN else shown
