"""Launch parameters against the data: nothing is silently taken smaller, or left out, than it was said."""

from collections import Counter
from collections.abc import Collection, Sequence

from core.errors import DomainError
from evaluation.engine.steps.examples import example_pool
from evaluation.models import Catalogue, Dataset, Judge, Question
from evaluation.models.dataset import PreferenceKind
from evaluation.models.run import Method, Setting
from evaluation.stages.plan import RunOptions


def check_preferences(catalogue: Catalogue, settings: Collection[str], options: RunOptions) -> None:
    """Raise DomainError where the catalogue has not the preferences that the settings tell the models."""
    kinds = Counter(catalogue.preferences.values_list("kind", flat=True))
    irrelevant = kinds[PreferenceKind.IRRELEVANT]
    if not kinds[PreferenceKind.RELEVANT] and set(settings) - {Setting.IRRELEVANT}:
        raise DomainError(f"{catalogue} has no relevant preference.", field="catalogue")
    if set(settings) - {Setting.RELEVANT}:
        if not irrelevant:
            raise DomainError(f"{catalogue} has no irrelevant preference.", field="catalogue")
        if options.irrelevant_count > irrelevant:
            have = "preference" if irrelevant == 1 else "preferences"
            raise DomainError(
                f"{catalogue} has {irrelevant} irrelevant {have}, so {options.irrelevant_count} cannot be shown "
                f"with each question. Choose at most {irrelevant}, or another catalogue.",
                field="irrelevant_count",
            )
    _check_position(settings, options)


def _check_position(settings: Collection[str], options: RunOptions) -> None:
    if options.relevant_position is None:
        return
    if Setting.MIXED not in settings:
        raise DomainError(
            "Only the setting “mixed” has a position of the relevant preference. Leave it empty, or choose “mixed”.",
            field="relevant_position",
        )
    last = options.irrelevant_count + 1
    if options.relevant_position > last:
        raise DomainError(
            f"With {options.irrelevant_count} irrelevant preferences the list has {last} positions; "
            f"there is no position {options.relevant_position}.",
            field="relevant_position",
        )


def check_use(
    methods: Collection[str], settings: Collection[str], judges: Collection[Judge], *, has_aligner: bool
) -> None:
    """Raise DomainError for a judge or an aligner that no run of the batch would ask."""
    if judges and set(settings) == {Setting.IRRELEVANT}:
        raise DomainError(
            "In the setting “irrelevant” there is no relevant preference, so nothing to judge. "
            "Choose no judge, or another setting as well.",
            field="judges",
        )
    if has_aligner and Method.PREF_ALIGNER not in methods:
        raise DomainError(
            "Only the method Pref-Aligner asks an aligner. Choose no aligner, or that method as well.",
            field="aligner",
        )


def check_examples(dataset: Dataset, questions: Sequence[Question], count: int) -> None:
    """Raise DomainError where one of the questions could not be shown `count` solved ones beside it."""
    pool = Counter(question.text for question in example_pool(dataset.pk, questions, count))
    total = pool.total()
    fewest = min((total - pool[question.text] for question in questions), default=0)
    if fewest < count:
        raise DomainError(
            f"{dataset} has {fewest} other questions to show as examples, so {count} cannot be shown.",
            field="icl_examples",
        )
