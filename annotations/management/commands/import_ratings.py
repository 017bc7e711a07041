"""`manage.py import_ratings --human FILE --judge FILE --scale SCALE --campaign NAME`: others' annotations."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.agreement.ratings_files import Kind
from annotations.models.campaign import RatingScale
from annotations.services.ratings_import import RatingsFile, RatingsImport, RatingsRefused, import_ratings
from evaluation.errors import DomainError

SHOWN = 20


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
        cut = parser.add_mutually_exclusive_group()
        cut.add_argument(
            "--threshold", type=float, help="Followed from here on (3 on an ordinal scale of 1 to 5)."
        )
        cut.add_argument(
            "--no-threshold",
            action="store_true",
            help="Do not cut the ratings into followed and not followed.",
        )
        parser.add_argument("--json", action="store_true", help="Print the report as one JSON object.")

    def handle(self, **options: Any) -> None:
        try:
            files = [_read(path, "human") for path in options["human"]]
            files += [_read(path, "judge") for path in options["judge"]]
            report = import_ratings(
                name=options["campaign"],
                files=files,
                scale=options["scale"],
                threshold=options["threshold"],
                is_cut=not options["no_threshold"],
            )
        except DomainError as error:
            problems = list(error.problems) if isinstance(error, RatingsRefused) else []
            if options["json"]:
                refused = {"status": "refused", "code": error.code, "message": error.message}
                self.stdout.write(json.dumps(refused | {"problems": problems}, ensure_ascii=False))
                sys.exit(1)
            more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
            raise CommandError("\n  ".join([error.message, *problems[:SHOWN], *more])) from error
        said = json.dumps(report.as_dict(), ensure_ascii=False) if options["json"] else _in_words(report)
        self.stdout.write(said)


def _read(path: str, kind: Kind) -> RatingsFile:
    """A file as UTF-8 text. Raises RatingsRefused."""
    file = Path(path)
    try:
        return RatingsFile(file.name, file.read_text(encoding="utf-8-sig"), kind)
    except OSError as error:
        raise RatingsRefused([f"{path}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise RatingsRefused([f"{path}: not UTF-8 (at byte {error.start})"]) from error


def _in_words(report: RatingsImport) -> str:
    done = "Imported" if report.is_new else "Nothing changed; there are"
    return (
        f"{done} {report.ratings} ratings of {report.items} items by {report.people} people and {report.judges} "
        f"judges in the campaign “{report.campaign}” (id {report.campaign.pk}); {report.missing} are missing."
    )
