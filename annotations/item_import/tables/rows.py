"""A criterion of a rubric as the rows that hold its ratings, and an answer as the values of these rows."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from annotations.models.imported import AnswerKind, RatingScale
from perg.formats.label_forms import shown
from perg.formats.tables.summary import number_in
from perg.rubrics.answers import Answer, option_keys
from perg.rubrics.criterion import NO, YES, Criterion

LONGEST_KEY = 120
SCALES = {
    "binary": RatingScale.NOMINAL,
    "nominal": RatingScale.NOMINAL,
    "ordinal": RatingScale.ORDINAL,
    "pairwise": RatingScale.NOMINAL,
    "numeric": RatingScale.INTERVAL,
}


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """The columns of a `Criterion` of the database."""

    key: str
    part_of: str
    question: str
    definition: Criterion
    kind: AnswerKind
    scale: RatingScale
    categories: list[str] | None
    failure_labels: list[str] | None
    threshold: float | None


def criterion_rows(criterion: Criterion) -> list[CriterionRow]:
    """The rows of a criterion: one, or of several labels one for each, of yes and no. A text has none.

    The definition of a label's row is the whole question, of which the label is one option.
    """
    if criterion.kind == "text":
        return []
    if criterion.kind == "multilabel":
        return [_label_row(criterion, option.key, option.shown) for option in criterion.options]
    categories = [option.key for option in criterion.choices] or None
    threshold, failures = criterion.fails_below, list(criterion.failures) or None
    if criterion.kind == "ordinal":
        numbers = level_numbers(criterion)
        if numbers is None:
            categories = _names_of_levels(criterion)
        threshold = None if threshold is None else _lowest_good(criterion, threshold, numbers)
        failures = None
    return [
        CriterionRow(
            key=criterion.key,
            part_of="",
            question=criterion.question,
            definition=criterion,
            kind=AnswerKind(criterion.kind),
            scale=SCALES[criterion.kind],
            categories=categories,
            failure_labels=failures,
            threshold=threshold,
        )
    ]


def stored_values(criterion: Criterion, answer: Answer) -> list[str]:
    """The value of an answer in each of the criterion's rows."""
    if isinstance(answer, str):
        return []
    if criterion.kind == "numeric":
        return [shown(number_in(answer) or 0.0)]
    if criterion.kind == "multilabel":
        chosen = set(option_keys(criterion, answer))
        return [YES if option.key in chosen else NO for option in criterion.options]
    if criterion.kind == "ordinal":
        numbers = level_numbers(criterion)
        place = int(answer)
        return [shown(float(place + 1)) if numbers is None else shown(numbers[place])]
    return option_keys(criterion, answer)


def level_numbers(criterion: Criterion) -> Sequence[float] | None:
    """The numbers by which the levels of an ordinal scale are called; None: they are names, or do not rise."""
    numbers = [number_in(option.key) for option in criterion.options]
    known = [number for number in numbers if number is not None]
    rises = len(known) == len(numbers) and all(low < high for low, high in pairwise(known))
    return known if rises else None


def _names_of_levels(criterion: Criterion) -> list[str]:
    """Names that cannot be taken for numbers, since the values are places: a reversed scale has the levels 5, 4, …"""
    return [
        f"level {option.shown}" if number_in(option.shown) is not None else option.shown
        for option in criterion.options
    ]


def _lowest_good(criterion: Criterion, place: float, numbers: Sequence[float] | None) -> float:
    """The threshold on the stored values, from the place of the lowest level that is no failure."""
    if numbers is None:
        return place
    at = int(place) - 1
    return numbers[at] if 0 <= at < len(criterion.options) else numbers[-1] + 1


def _label_row(criterion: Criterion, label: str, shown_label: str) -> CriterionRow:
    key = f"{criterion.key}: {label}"
    if len(key) > LONGEST_KEY:
        digest = hashlib.sha256(label.encode()).hexdigest()[:8]
        key = f"{key[: LONGEST_KEY - 10]}… {digest}"
    return CriterionRow(
        key=key,
        part_of=criterion.key,
        question=f"{criterion.question}: {shown_label}" if criterion.question else shown_label,
        definition=criterion,
        kind=AnswerKind.BINARY,
        scale=RatingScale.NOMINAL,
        categories=[NO, YES],
        failure_labels=[YES] if label in criterion.failures else None,
        threshold=None,
    )
