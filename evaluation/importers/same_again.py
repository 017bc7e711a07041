"""Whether a file that is imported again comes with what it came with the first time."""

from core.errors import Conflict
from evaluation.importers.rows.dialect import Dialect
from evaluation.importers.rows.recorded_row import preference_of_profile
from evaluation.importers.run_request import RunRequest
from evaluation.models import Preference, Run, RunImport
from evaluation.models.endpoint import JudgeOrigin


def refuse_if_different(earlier: RunImport, request: RunRequest, dialect: Dialect) -> None:
    """Raise Conflict where something is given now that the run of the earlier import does not have.

    What is left out now is not compared.
    """
    differences = [
        *_other_judge(earlier.run, request, dialect),
        *_other_dataset(earlier.run, request),
        *_other_preferences(earlier.run, request, dialect),
    ]
    if differences:
        raise Conflict(
            f"This file is imported already, as “{earlier.run.name}”, with something else: {'; '.join(differences)}. "
            "Nothing was changed. Import it under another name to have both, or delete that run first.",
            code="imported_differently",
            field="name",
        )


def _other_judge(run: Run, request: RunRequest, dialect: Dialect) -> list[str]:
    if not request.judge or not (dialect.has_ratings and dialect.evaluation.is_imported):
        return []
    names = run.judges.filter(origin=JudgeOrigin.IMPORTED).values_list("name", flat=True)
    if f"imported: {request.judge}" in names:
        return []
    there = ", ".join(name.removeprefix("imported: ") for name in names) or "none"
    return [f"the judge is {there}, not {request.judge}"]


def _other_dataset(run: Run, request: RunRequest) -> list[str]:
    if request.dataset is None or request.dataset == run.dataset.name:
        return []
    return [f"the dataset is “{run.dataset.name}”, not “{request.dataset}”"]


def _other_preferences(run: Run, request: RunRequest, dialect: Dialect) -> list[str]:
    """Texts of the profiles: those that are given now and that no item of the run has."""
    texts = {
        preference_of_profile(columns.profile, request.preferences)
        for columns in dialect.personalised
        if columns.profile and columns.preference is None
    } - {""}
    there = set(Preference.objects.filter(items__run=run, text__in=texts).values_list("text", flat=True))
    return [f"no item has the preference “{text[:80]}”" for text in sorted(texts - there)[:3]]
