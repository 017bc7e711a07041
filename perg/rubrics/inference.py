"""The criterion that a column of answers belongs to, where nobody has stated it."""

from collections import Counter
from collections.abc import Iterable, Sequence

from perg.formats.tables.summary import is_missing, number_in
from perg.rubrics.answers import NO_LABELS, NoSuchAnswer, label_names, option_key
from perg.rubrics.criterion import MOST_LABELS_OF_ONE, MOST_LEVELS, Criterion, Kind, Option

MOST_NAMES = 1_000
"""Different labels of a nominal criterion; more are texts."""
LONGEST_NAME = 100


def inferred_criterion(
    key: str, answers: Sequence[object], *, pairs: bool = False, question: str = ""
) -> Criterion:
    """The criterion whose answers these probably are; a person can correct it.

    Missing answers say nothing. `pairs`: the items have two outputs. The levels of an ordinal criterion are the whole
    numbers from the lowest to the highest that occurs, as a level that nobody chose is one too.
    """
    answers = [answer for answer in answers if not is_missing(answer)]
    if not answers:
        return Criterion(key=key, question=question, kind="text")
    for kind in ("pairwise", "binary") if pairs else ("binary",):
        criterion = _with_usual_words(key, kind, answers, question)
        if criterion is not None:
            return criterion
    if any(isinstance(answer, list | tuple) for answer in answers) or _are_joined_labels(answers):
        names = [name for answer in answers for name in label_names(answer) if name.lower() not in NO_LABELS]
        names = list(dict.fromkeys(names))
        if 0 < len(names) <= MOST_LABELS_OF_ONE:
            return Criterion(key=key, question=question, kind="multilabel", options=_options(sorted(names)))
    numbers = [number_in(answer) for answer in answers]
    if numbers and all(number is not None for number in numbers):
        return _of_numbers(key, [number for number in numbers if number is not None], question)
    labels = Counter(str(answer).strip() for answer in answers)
    if (
        1 < len(labels) <= min(MOST_NAMES, max(len(answers) // 2, 2))
        and max(map(len, labels), default=0) <= LONGEST_NAME
    ):
        return Criterion(key=key, question=question, kind="nominal", options=_options(sorted(labels)))
    return Criterion(key=key, question=question, kind="text")


def _with_usual_words(key: str, kind: Kind, answers: Sequence[object], question: str) -> Criterion | None:
    """A binary or pairwise criterion all of whose answers have usual words, or None. Numbers alone are no words."""
    numbers = {number_in(answer) for answer in answers}
    if not answers or (None not in numbers and not _are_usual_numbers(kind, numbers)):
        return None
    flags = [(ties, both_bad) for both_bad in (False, True) for ties in (False, True)]
    criteria = (
        [Criterion(key=key, question=question, kind=kind, ties=ties, both_bad=bad) for ties, bad in flags]
        if kind == "pairwise"
        else [Criterion(key=key, question=question, kind=kind, cannot_tell=flag) for flag in (False, True)]
    )
    return next((criterion for criterion in criteria if _are_options(criterion, answers)), None)


def _are_usual_numbers(kind: Kind, numbers: set[float | None]) -> bool:
    """Whether numbers alone say yes and no, or first and second; 0 and 1 in pairs say neither."""
    return numbers <= {0.0, 1.0} if kind == "binary" else {1.0, 2.0} <= numbers <= {0.0, 1.0, 2.0}


def _are_options(criterion: Criterion, answers: Iterable[object]) -> bool:
    for answer in answers:
        if isinstance(answer, list | dict):
            return False
        try:
            option_key(criterion, answer)
        except NoSuchAnswer:
            return False
    return True


def _are_joined_labels(answers: Sequence[object]) -> bool:
    """Whether some answers are several of the labels that others are."""
    texts = [answer for answer in answers if isinstance(answer, str)]
    single = {text.strip() for text in texts if len(label_names(text)) == 1}
    joined = [label_names(text) for text in texts if len(label_names(text)) > 1]
    return (
        bool(joined)
        and len(texts) == len(answers)
        and any(name in single for names in joined for name in names)
    )


def _of_numbers(key: str, numbers: list[float], question: str) -> Criterion:
    """Ordinal where the numbers are a few whole ones, else numeric over the range that occurs."""
    lowest, highest = min(numbers), max(numbers)
    is_whole = all(number.is_integer() for number in numbers)
    first = min(lowest, 1.0) if lowest >= 0 else lowest
    if is_whole and highest - first < MOST_LEVELS and highest > first:
        levels = range(int(first), int(highest) + 1)
        return Criterion(key=key, question=question, kind="ordinal", options=_options(map(str, levels)))
    if lowest >= 0 and highest <= 1:
        return Criterion(key=key, question=question, kind="numeric", lowest=0, highest=1)
    return Criterion(key=key, question=question, kind="numeric")


def _options(keys: Iterable[str]) -> tuple[Option, ...]:
    return tuple(Option(key=key) for key in keys)
