"""Imports a catalogue of preferences from a CSV file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from evaluation.importers.catalogue import import_catalogue
from evaluation.importers.report import CatalogueReport
from evaluation.importers.terminal import ImportCommand


class Command(ImportCommand):
    help = "Import preferences from a CSV file text,category,kind. Other content becomes the next version."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--name", required=True, help="The name of the catalogue.")

    def run_import(self, options: dict[str, Any]) -> CatalogueReport:
        return import_catalogue(file=Path(options["file"]), name=options["name"], actor=None)
