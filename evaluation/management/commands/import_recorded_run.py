"""Imports a recorded run from a CSV file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from evaluation.importers.files.preference_list import read_preferences
from evaluation.importers.recorded_run import DEFAULT_DATASET, import_recorded_run
from evaluation.importers.report import ImportReport
from evaluation.importers.stores.preference_store import catalogue_called
from evaluation.importers.terminal import ImportCommand, progress_bar
from evaluation.models.run import RatingsOf


class Command(ImportCommand):
    help = "Import a recorded run from a CSV file. The same file again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        # The importer checks method and setting itself, so that --json answers a wrong one in JSON too.
        parser.add_argument("--model", required=True, help="The model that was run.")
        parser.add_argument("--method", required=True, help="direct, cot, icl, self_critic or pref_aligner.")
        parser.add_argument("--setting", required=True, help="relevant, mixed or irrelevant.")
        parser.add_argument("--name", help="The name of the run; one is made up without it.")
        parser.add_argument("--dataset", help=f"The dataset of the questions (“{DEFAULT_DATASET}”).")
        parser.add_argument("--catalogue", help="The catalogue of the preferences: NAME or “NAME v2”.")
        parser.add_argument("--judge", help="Who gave the ratings in the file (unnamed judge).")
        parser.add_argument(
            "--ratings-of",
            default=RatingsOf.PREF.value,
            metavar="|".join(RatingsOf.values),
            help="Whose responses the ratings rate, where the file has those of an aligner beside those of the direct "
            "run that it started from (pref).",
        )
        parser.add_argument(
            "--preferences", metavar="FILE", help="The preferences of profiles 1, 2, …, one a line."
        )
        parser.add_argument(
            "--strict", action="store_true", help="Refuse the file if any row is not acceptable."
        )

    def run_import(self, options: dict[str, Any]) -> ImportReport:
        file = Path(options["file"])
        catalogue = catalogue_called(options["catalogue"]) if options["catalogue"] else None
        preferences = read_preferences(Path(options["preferences"])) if options["preferences"] else ()
        with progress_bar(file.name) as progress:
            return import_recorded_run(
                file=file,
                file_name=file.name,
                model=options["model"],
                method=options["method"],
                setting=options["setting"],
                name=options["name"],
                dataset=options["dataset"],
                catalogue=catalogue,
                judge=options["judge"],
                ratings_of=options["ratings_of"],
                preferences=preferences,
                strict=options["strict"],
                progress=progress,
                actor=None,
            )
