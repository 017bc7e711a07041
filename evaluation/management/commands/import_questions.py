"""Imports questions from CSV, JSON, JSON lines or Parquet."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from evaluation.importers.questions import import_questions
from evaluation.importers.report import QuestionsReport
from evaluation.importers.rows.question_layouts import LAYOUTS
from evaluation.importers.stores.preference_store import catalogue_called
from evaluation.importers.terminal import ImportCommand, progress_bar


class Command(ImportCommand):
    help = (
        "Import questions from a .csv, .json, .jsonl or .parquet file. The same file again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--dataset", required=True, help="The dataset of the questions.")
        parser.add_argument("--layout", default="auto", help=f"auto, {', '.join(sorted(LAYOUTS))}.")
        parser.add_argument("--catalogue", help="Assign its relevant preferences in turn: NAME or “NAME v2”.")
        parser.add_argument("--source", default="", help="The source of questions that do not say it.")
        parser.add_argument(
            "--strict", action="store_true", help="Refuse the file if any row is not acceptable."
        )

    def run_import(self, options: dict[str, Any]) -> QuestionsReport:
        file = Path(options["file"])
        catalogue = catalogue_called(options["catalogue"]) if options["catalogue"] else None
        with progress_bar(file.name) as progress:
            return import_questions(
                file=file,
                file_name=file.name,
                dataset=options["dataset"],
                layout=options["layout"],
                catalogue=catalogue,
                default_source=options["source"],
                strict=options["strict"],
                progress=progress,
                actor=None,
            )
