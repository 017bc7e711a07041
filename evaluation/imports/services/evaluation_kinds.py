"""What the evaluation imports: recorded runs, questions, catalogues."""

from dataclasses import asdict
from typing import Any

from core.errors import DomainError, NotFound
from evaluation.importers.catalogue import import_catalogue
from evaluation.importers.files.preference_list import read_preferences
from evaluation.importers.questions import import_questions
from evaluation.importers.recorded_run import import_recorded_run
from evaluation.importers.report import ImportRefused
from evaluation.imports.kinds import ImportKind, ImportSource, register
from evaluation.models import Catalogue

RECORDED_RUN, QUESTIONS, CATALOGUE = "recorded_run", "questions", "catalogue"


def register_kinds() -> None:
    """Make them known to the import jobs."""
    register(
        ImportKind(
            RECORDED_RUN,
            "Recorded run",
            "run_import",
            "evaluation/imports/_run_imported.html",
            _recorded_run,
            row_problems,
        )
    )
    register(
        ImportKind(
            QUESTIONS,
            "Questions",
            "dataset_import",
            "evaluation/imports/_questions_imported.html",
            _questions,
            row_problems,
        )
    )
    register(
        ImportKind(
            CATALOGUE,
            "Preference catalogue",
            "catalogue_import",
            "evaluation/imports/_catalogue_imported.html",
            _catalogue,
            row_problems,
        )
    )


def row_problems(error: DomainError) -> list[Any]:
    """The rejected rows of a refusal."""
    return [asdict(problem) for problem in error.problems] if isinstance(error, ImportRefused) else []


def _recorded_run(source: ImportSource) -> dict[str, Any]:
    _require_staff(source)
    arguments, file = _arguments(source), source.file("file")
    lists = [stored for stored in source.files if stored.field == "preferences"]
    return import_recorded_run(
        file=file.path,
        file_name=file.name,
        actor=source.actor,
        preferences=read_preferences(lists[0].path) if lists else (),
        progress=source.progress,
        **arguments,
    ).as_dict()


def _questions(source: ImportSource) -> dict[str, Any]:
    _require_staff(source)
    file = source.file("file")
    return import_questions(
        file=file.path,
        file_name=file.name,
        actor=source.actor,
        progress=source.progress,
        **_arguments(source),
    ).as_dict()


def _catalogue(source: ImportSource) -> dict[str, Any]:
    _require_staff(source)
    file, name = source.file("file").path, source.arguments["name"]
    return import_catalogue(file=file, name=name, actor=source.actor).as_dict()


def _require_staff(source: ImportSource) -> None:
    """Checked again: the person may have lost the right meanwhile."""
    if not (source.actor.is_active and source.actor.is_staff):
        raise NotFound(
            f"{source.actor.get_username()} may not import this any more.", code="no_longer_allowed"
        )


def _arguments(source: ImportSource) -> dict[str, Any]:
    """The arguments with the catalogue, which is stored as its id. Raises NotFound where that is gone."""
    arguments = dict(source.arguments)
    if (key := arguments.get("catalogue")) is not None:
        catalogue = Catalogue.objects.filter(pk=key).first()
        if catalogue is None:
            raise NotFound("The catalogue has been deleted.", field="catalogue")
        arguments["catalogue"] = catalogue
    return arguments
