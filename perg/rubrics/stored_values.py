"""An answer as the values of the rows that hold its ratings: of several labels one row each, of all others one."""

from itertools import pairwise

from perg.formats.label_forms import shown
from perg.formats.tables.summary import number_in
from perg.rubrics.criterion import NO, YES, Criterion
from perg.rubrics.entries import Entry


def stored_values(criterion: Criterion, answer: Entry) -> list[str]:
    """The values of an answer: an option's key, or a number; of levels that have names, the place from 1.

    Of a text there are none: it is no rating.
    """
    if criterion.kind == "text":
        return []
    if criterion.kind == "multilabel":
        return [YES if option.key in _labels(answer) else NO for option in criterion.options]
    if criterion.kind == "numeric":
        return [shown(number_in(answer) or 0.0)]
    key = str(answer)
    if criterion.kind == "ordinal" and key in criterion.codes:
        numbers, place = level_numbers(criterion), criterion.codes[key]
        return [shown(float(place + 1) if numbers is None else numbers[place])]
    return [key]


def level_numbers(criterion: Criterion) -> list[float] | None:
    """The numbers by which the levels of an ordinal scale are called; None: they are names, or do not rise."""
    numbers = [number_in(option.key) for option in criterion.options]
    known = [number for number in numbers if number is not None]
    rises = len(known) == len(numbers) and all(low < high for low, high in pairwise(known))
    return known if rises else None


def _labels(answer: Entry) -> list[str]:
    """The keys of several labels; of anything else, none."""
    return answer if isinstance(answer, list) else []
