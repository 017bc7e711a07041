"""`manage.py import_ratings --human FILE --judge FILE --scale SCALE --campaign NAME`: others' annotations."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.models.imported import RatingScale
from annotations.validation.services.ratings_import import (
    FailureNotStated,
    RatingsFile,
    RatingsImport,
    RatingsRefused,
    RatingsSpec,
    import_ratings,
)
from core.errors import DomainError
from perg.stats.files.ratings_files import Kind
from perg.stats.files.stated_scale import entries_of

SHOWN = 20
HOW_TO_STATE = "Use --failure LABEL, or --no-failure."


class Command(BaseCommand):
    help = (
        "Import ratings that people and judges made elsewhere, as a campaign without responses. Files are CSV or "
        "JSONL, long (item, rater, kind, score) or wide (item and a column a rater), or JSON {rater: {item: label}}. "
        "The same ratings again change nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--human", metavar="FILE", action="append", default=[], help="People's ratings; may be repeated."
        )
        parser.add_argument(
            "--judge", metavar="FILE", action="append", default=[], help="Judges' ratings; may be repeated."
        )
        parser.add_argument("--scale", choices=RatingScale.values, default="ordinal", help="(%(default)s)")
        parser.add_argument("--campaign", required=True, metavar="NAME", help="The name of the new campaign.")
        parser.add_argument(
            "--categories",
            metavar="LIST",
            default="",
            help="The scale: comma-separated labels or numbers, or a range such as 1..5 or 0..1..0.25. By default, the "
            "ratings that occur.",
        )
        parser.add_argument(
            "--failure",
            metavar="LABEL",
            action="append",
            default=[],
            help="A label that counts as a failure; may be repeated.",
        )
        cut = parser.add_mutually_exclusive_group()
        cut.add_argument(
            "--threshold",
            type=float,
            help="Lower ratings count as failures (default: 3 on an ordinal scale of exactly 1 to 5).",
        )
        cut.add_argument(
            "--no-failure",
            "--no-threshold",
            dest="no_failure",
            action="store_true",
            help="Import without a failure; failure rates are then undefined.",
        )
        parser.add_argument("--json", action="store_true", help="Print the report as one JSON object.")

    def handle(self, **options: Any) -> None:
        try:
            files = [_read(path, "human") for path in options["human"]]
            files += [_read(path, "judge") for path in options["judge"]]
            spec = RatingsSpec(
                name=options["campaign"],
                files=files,
                scale=options["scale"],
                categories=entries_of(options["categories"]),
                failures=options["failure"],
                threshold=options["threshold"],
                is_cut=not options["no_failure"],
            )
            report = import_ratings(spec=spec)
        except DomainError as error:
            problems = list(error.problems) if isinstance(error, RatingsRefused) else []
            message = error.message
            if isinstance(error, FailureNotStated):
                message = f"{message} {HOW_TO_STATE}"
            if options["json"]:
                refused = {"status": "refused", "code": error.code, "message": message}
                self.stdout.write(json.dumps(refused | {"problems": problems}, ensure_ascii=False))
                sys.exit(1)
            more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
            raise CommandError("\n  ".join([message, *problems[:SHOWN], *more])) from error
        said = json.dumps(report.as_dict(), ensure_ascii=False) if options["json"] else _in_words(report)
        self.stdout.write(said)


def _read(path: str, kind: Kind) -> RatingsFile:
    return RatingsFile(Path(path).name, Path(path), kind)


def _in_words(report: RatingsImport) -> str:
    done = {
        "imported": "Imported",
        "unchanged": "Nothing changed; there are",
        "failure stated": "Updated the failures or scale of",
    }[report.status]
    sentence = (
        f"{done} {report.ratings} ratings of {report.items} items by {_count(report.people, 'person', 'people')} and "
        f"{_count(report.judges, 'judge', 'judges')} in the campaign “{report.campaign}” (id {report.campaign.pk}); "
        f"{report.missing} missing."
    )
    return "\n".join([sentence, report.failures_in_words, *(f"Warning: {text}" for text in report.warnings)])


def _count(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
