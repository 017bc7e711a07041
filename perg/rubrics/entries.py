"""What a person enters for the criteria of an item → the answers that are stored, or what is wrong with each."""

import re
from collections.abc import Iterator, Mapping, Sequence

from perg.rubrics.answers import NoSuchAnswer, answer_of
from perg.rubrics.criterion import FIRST, SECOND, Criterion, OnlyIf

Entry = str | int | float | list[str]
"""The key of an option, a number, a text, or the keys of several options (`multilabel`; none of them: an empty list).
"""
Entries = Mapping[str, object]
"""By the key of the criterion."""

LONGEST_TEXT = 10_000
MOST_ENTRIES = 200
EXACT = 2**53
"""Whole numbers below it are the same in JSON and as floats."""
_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")
_SWAPPED = {FIRST: SECOND, SECOND: FIRST}


class EntriesRefused(ValueError):
    """Entries that are no answers: what is wrong, in sentences, by the key of the criterion."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


def checked_entries(criteria: Sequence[Criterion], entries: Entries) -> dict[str, Entry]:
    """The answers to the criteria that are asked; those that need none and have none are left out.

    Raises:
        EntriesRefused: with every problem: a missing answer, an unknown option or criterion, a number out of its
            range, a text that is too long, an answer to what is not asked.
    """
    known = {criterion.key for criterion in criteria}
    problems = {str(key)[:60]: "There is no such criterion." for key in entries if key not in known}
    answers: dict[str, Entry] = {}
    for criterion in criteria:
        try:
            entry = _checked(criterion, entries.get(criterion.key), is_asked(criterion, answers))
        except NoSuchAnswer as problem:
            problems[criterion.key] = str(problem)
        else:
            if entry is not None:
                answers[criterion.key] = entry
    if problems:
        raise EntriesRefused(problems)
    return answers


def is_asked(criterion: Criterion, answers: Entries) -> bool:
    """Whether the criterion is asked of who gave these answers to the criteria before it."""
    condition = criterion.only_if
    if condition is None:
        return True
    answer = answers.get(condition.criterion)
    given = answer if isinstance(answer, list) else [answer]
    return any(key in condition.answers for key in given)


def _checked(criterion: Criterion, entry: object, asked: bool) -> Entry | None:
    """The answer; None: there is none, and none is needed. Raises NoSuchAnswer with a sentence."""
    is_empty = entry is None or (isinstance(entry, str) and not entry.strip())
    if not asked:
        if is_empty:
            return None
        raise NoSuchAnswer(f"It is not asked here: it depends on the answer to “{_condition(criterion)}”.")
    if is_empty:
        if criterion.required:
            raise NoSuchAnswer("Answer this.")
        return None
    if criterion.kind == "text":
        return _text(entry)
    if criterion.kind == "numeric":
        return _number(criterion, entry)
    if criterion.kind == "multilabel":
        return _labels(criterion, entry)
    return _option(criterion, entry)


def _condition(criterion: Criterion) -> str:
    return criterion.only_if.criterion if criterion.only_if else ""


def _text(entry: object) -> str:
    if not isinstance(entry, str) or _NOT_STORABLE.search(entry):
        raise NoSuchAnswer("The answer is a plain text.")
    if len(entry) > LONGEST_TEXT:
        raise NoSuchAnswer(f"A text has at most {LONGEST_TEXT:,} characters.")
    return entry


def _number(criterion: Criterion, entry: object) -> int | float:
    try:
        number = answer_of(criterion, entry)
    except NoSuchAnswer as problem:
        raise NoSuchAnswer(f"The answer is {problem}.") from problem
    except OverflowError as error:
        raise NoSuchAnswer("The answer is a number that is too large.") from error
    number = float(number)
    return int(number) if number.is_integer() and abs(number) < EXACT else number


def _option(criterion: Criterion, entry: object) -> str:
    if isinstance(entry, str) and entry in criterion.codes:
        return entry
    raise NoSuchAnswer(f"The answer is one of: {', '.join(criterion.codes)}.")


def _labels(criterion: Criterion, entry: object) -> list[str]:
    codes = criterion.codes
    if isinstance(entry, list) and all(isinstance(label, str) and label in codes for label in entry):
        return [key for key in codes if key in entry]
    raise NoSuchAnswer(f"The answer is a list of any of: {', '.join(codes)}.")


def answers_in_words(criteria: Sequence[Criterion], answers: Entries) -> list[tuple[str, str]]:
    """Questions with the answers to them, as people read them; those of criteria that are asked no more, by their
    keys.
    """
    known = {criterion.key: criterion for criterion in criteria}
    in_order = [*(key for key in known if key in answers), *(key for key in answers if key not in known)]
    return [
        (known[key].question or key if key in known else key, _in_words(known.get(key), answers[key]))
        for key in in_order
    ]


def _in_words(criterion: Criterion | None, answer: object) -> str:
    names = {option.key: option.shown for option in criterion.choices} if criterion else {}
    if isinstance(answer, list):
        return ", ".join(names.get(key, str(key)) for key in answer) or "none"
    return names.get(answer, answer) if isinstance(answer, str) else f"{answer:g}"


# --- Two outputs in the other order -------------------------------------------------------------------------------


def other_order(criteria: Sequence[Criterion], entries: Entries) -> dict[str, object]:
    """The entries, with the preferred output called by its place in the other order."""
    pairs = {criterion.key for criterion in criteria if criterion.kind == "pairwise"}
    return {
        key: _SWAPPED.get(entry, entry) if key in pairs and isinstance(entry, str) else entry
        for key, entry in entries.items()
    }


def in_other_order(criteria: Sequence[Criterion]) -> list[Criterion]:
    """The criteria, with conditions on the preferred output by its place in the other order."""
    pairs = {criterion.key for criterion in criteria if criterion.kind == "pairwise"}
    return [
        criterion.model_copy(update={"only_if": _swapped(criterion.only_if)})
        if criterion.only_if and criterion.only_if.criterion in pairs
        else criterion
        for criterion in criteria
    ]


def _swapped(condition: OnlyIf) -> OnlyIf:
    return OnlyIf(
        criterion=condition.criterion, answers=tuple(_SWAPPED.get(key, key) for key in condition.answers)
    )


# --- Not complete yet ---------------------------------------------------------------------------------------------


def problem_of_draft(entries: object) -> str:
    """Why these cannot be kept as what somebody has entered so far; empty: they can. They need not be answers."""
    if not isinstance(entries, Mapping) or len(entries) > MOST_ENTRIES:
        return f"Answers are an object with at most {MOST_ENTRIES} names."
    for text in _texts(entries):
        if text is None:
            return "An answer is a text, a number, or a list of texts."
        if len(text) > LONGEST_TEXT:
            return f"A text has at most {LONGEST_TEXT:,} characters."
        if _NOT_STORABLE.search(text):
            return "A text is plain text."
    return ""


def _texts(entries: Entries) -> Iterator[str | None]:
    """The texts in the entries; None for what is neither text nor number nor list of texts."""
    for key, entry in entries.items():
        yield str(key)
        for part in entry[:MOST_ENTRIES] if isinstance(entry, list) else [entry]:
            if isinstance(part, bool | dict | list):
                yield None
            elif part is not None:
                yield part if isinstance(part, str) else ""
        if isinstance(entry, list) and len(entry) > MOST_ENTRIES:
            yield None
