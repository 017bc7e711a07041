"""`manage.py import_items FILE --campaign NAME`: a table of items, with what people and judges answered of them."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.item_import.selectors.uploads import saved_for_command
from annotations.item_import.services.items import FailureQuestion, ItemsRefused, ItemsSpec, import_items
from annotations.item_import.services.merging import ItemsImport
from annotations.item_import.tables.checking import checked_table
from annotations.item_import.tables.documents import CriterionChoice, RowProblem
from annotations.item_import.tables.reading import read_table, stored_table
from annotations.item_import.tables.stated import (
    DELIMITERS,
    NotUnderstood,
    corrected_mapping,
    fitted_mapping,
    layout_of_words,
    stated_choices,
)
from core.errors import DomainError
from perg.formats.mapping.uses import TableMapping

SHOWN = 20
HOW_TO_STATE = "Use --failure CRITERION=ANSWER, --below CRITERION=NUMBER or --no-failure [CRITERION]."
HOW_TO_GO_ON = "Use --rest to import the others."
CRITERION_OPTIONS = ("kind", "question", "options", "failure", "below", "no_failure")


class Command(BaseCommand):
    help = (
        "Import a table of items (CSV, TSV, spreadsheet, JSON, JSON lines, Parquet) with ratings by people and judges. "
        "What each column is for is guessed; correct it with --map. The same table again adds what is new."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--campaign", required=True, metavar="NAME", help="New, or of imported items already."
        )
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="COLUMN=ROLE[:…]",
            help="What a column is for: id, context, output, second_output, reference [:HEADING[:BLOCK]], "
            "attribute[:NAME], cluster, person[:RATER[:CRITERION]], judge[:RATER[:CRITERION]], explanation[:RATER], "
            "rater, rater_kind, criterion, answer[:CRITERION] or ignore.",
        )
        parser.add_argument("--mapping", metavar="NAME", help="A saved mapping, instead of the guess.")
        parser.add_argument("--owner", metavar="USER", help="Whose mapping, where several people have one.")
        parser.add_argument("--sheet", help="Of a spreadsheet; by default the first with a table.")
        parser.add_argument("--encoding", help="Of a text, such as utf-8 or cp1252.")
        parser.add_argument("--delimiter", help=f"Of a text: a character, or one of {', '.join(DELIMITERS)}.")
        parser.add_argument("--header-row", type=int, metavar="N", help="The row that names the columns.")
        parser.add_argument("--kind", action="append", default=[], metavar="CRITERION=KIND")
        parser.add_argument("--question", action="append", default=[], metavar="CRITERION=TEXT")
        parser.add_argument(
            "--options", action="append", default=[], metavar="CRITERION=A,B,…", help="Levels, lowest first."
        )
        parser.add_argument("--failure", action="append", default=[], metavar="CRITERION=ANSWER,…")
        parser.add_argument(
            "--below", action="append", default=[], metavar="CRITERION=N", help="Lower is a failure."
        )
        parser.add_argument(
            "--no-failure", action="append", nargs="?", const="", default=[], metavar="CRITERION"
        )
        parser.add_argument("--rest", action="store_true", help="Leave out rows that cannot be used.")
        parser.add_argument(
            "--look", action="store_true", help="Say what would be imported, and import nothing."
        )
        parser.add_argument("--json", action="store_true", help="Print the report as one JSON object.")

    def handle(self, **options: Any) -> None:
        try:
            spec = _spec(options)
            if options["look"]:
                self.stdout.write(json.dumps(_looked_at(spec), ensure_ascii=False, indent=2))
                return
            report = import_items(spec=spec)
        except NotUnderstood as error:
            raise CommandError(str(error)) from error
        except DomainError as error:
            self._refuse(error, as_json=options["json"])
            return
        said = json.dumps(report.as_dict(), ensure_ascii=False) if options["json"] else _in_words(report)
        self.stdout.write(said)

    def _refuse(self, error: DomainError, *, as_json: bool) -> None:
        problems = error.problems if isinstance(error, ItemsRefused) else ()
        if as_json:
            refused = {"status": "refused", "code": error.code, "message": error.message}
            listed = [problem.dumped() for problem in problems]
            self.stdout.write(json.dumps(refused | {"problems": listed}, ensure_ascii=False))
            sys.exit(1)
        message = f"{error.message} {HOW_TO_STATE}" if isinstance(error, FailureQuestion) else error.message
        if problems:
            message = f"{message} {HOW_TO_GO_ON}"
        raise CommandError("\n  ".join([message, *_listed(problems)])) from error


def _spec(options: dict[str, Any]) -> ItemsSpec:
    """What to import. Raises NotUnderstood, ImportRefused, NotFound."""
    path = Path(options["file"])
    stated = layout_of_words(
        **{name: options[name] for name in ("encoding", "delimiter", "sheet", "header_row")}
    )
    reading = read_table(path, path.name, stated)
    columns = [column.name for column in reading.columns]
    mapping, before = reading.guess, list[CriterionChoice]()
    if options["mapping"]:
        saved = saved_for_command(options["mapping"], options["owner"])
        mapping = fitted_mapping(TableMapping.model_validate(saved.mapping), columns)
        before = [CriterionChoice.model_validate(choice) for choice in saved.choices]
    mapping = corrected_mapping(mapping, options["map"], columns)
    spec = ItemsSpec(
        file=path,
        file_name=path.name,
        campaign=options["campaign"],
        mapping=mapping,
        stated=stated,
        choices=before,
        rest=options["rest"],
    )
    words = {name: options[name] for name in CRITERION_OPTIONS if options[name]}
    return spec if not words else _with_choices(spec, words)


def _with_choices(spec: ItemsSpec, words: dict[str, Any]) -> ItemsSpec:
    with stored_table(spec.file, spec.file_name, spec.stated) as (table, _):
        names = list(checked_table(table, spec.mapping, spec.choices).criteria)
    return ItemsSpec(
        file=spec.file,
        file_name=spec.file_name,
        campaign=spec.campaign,
        mapping=spec.mapping,
        stated=spec.stated,
        choices=stated_choices(names, words, spec.choices),
        rest=spec.rest,
    )


def _looked_at(spec: ItemsSpec) -> dict[str, Any]:
    """What the columns are for, and the criteria that follow."""
    with stored_table(spec.file, spec.file_name, spec.stated) as (table, _):
        checked = checked_table(table, spec.mapping, spec.choices)
    return {
        "columns": {
            name: use.model_dump(exclude_defaults=True) for name, use in spec.mapping.columns.items()
        },
        "items": len(checked.items),
        "criteria": {
            name: criterion.definition.model_dump(exclude_defaults=True) | {"problem": criterion.problem}
            for name, criterion in checked.criteria.items()
        },
        "problems": [problem.dumped() for problem in checked.problems],
    }


def _listed(problems: tuple[RowProblem, ...] | list[RowProblem]) -> list[str]:
    lines = [
        f"row {problem.row}{f' (line {problem.line})' if problem.line else ''} {problem.reason}"
        for problem in problems[:SHOWN]
    ]
    return [*lines, *([f"and {len(problems) - SHOWN:,} more"] if len(problems) > SHOWN else [])]


def _in_words(report: ItemsImport) -> str:
    done = {"imported": "Imported", "extended": "Added", "unchanged": "Nothing is new:"}[report.status]
    sentence = (
        f"{done} {report.new_items} items and {report.new_ratings} ratings; {report.known_items} items and "
        f"{report.known_ratings} ratings were there already. Campaign “{report.campaign}” (id {report.campaign.pk}), "
        f"criteria: {', '.join(report.criteria) or 'none'}."
    )
    lines = [sentence, *(f"Warning: {text}" for text in report.warnings)]
    if report.ignored:
        lines.append(f"Columns that were not imported: {', '.join(report.ignored)}.")
    if report.problems:
        lines += [
            f"Left out ({len(report.problems):,}):",
            *(f"  {line}" for line in _listed(report.problems)),
        ]
    return "\n".join(lines)
