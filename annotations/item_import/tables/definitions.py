"""The criteria of a table: what follows from the answers, corrected by what a person says."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from annotations.item_import.tables.documents import CriterionChoice
from perg.formats.tables.summary import number_in
from perg.rubrics.answers import NO_LABELS, NoSuchAnswer, answer_of, label_names
from perg.rubrics.criterion import MOST_LABELS_OF_ONE, MOST_LEVELS, Criterion, Kind, Option
from perg.rubrics.inference import inferred_criterion

LONGEST_KEY = 50
LIKERT = tuple("12345")
WITH_OPTIONS = ("ordinal", "nominal", "multilabel")
MOST_OPTIONS = 200


@dataclass(frozen=True, slots=True)
class Defined:
    """A criterion, or why there is none. `asks_failure`: it has two answers, and it is not said which is a failure."""

    definition: Criterion
    asks_failure: bool = False
    problem: str = ""


def keys_of(names: Collection[str]) -> dict[str, str]:
    """A key for each name of a criterion: small ASCII letters, digits and underscores."""
    keys: dict[str, str] = {}
    for name in names:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:LONGEST_KEY].strip("_")
        if not key or not key[0].isalpha():
            key = f"criterion_{key}"[:LONGEST_KEY].strip("_") if key else f"criterion_{len(keys) + 1}"
        number, first = 2, key
        while key in keys.values():
            key = f"{first[: LONGEST_KEY - len(str(number)) - 1]}_{number}"
            number += 1
        keys[name] = key
    return keys


def defined(
    key: str, answers: Sequence[object], *, pairs: bool, choice: CriterionChoice, default_question: str
) -> Defined:
    """The criterion of these answers. Where what was said does not fit, `problem` says so."""
    question = default_question if choice.question is None else choice.question
    inferred = _inferred(key, answers, pairs=pairs, question=question)
    try:
        definition = _built(inferred, answers, choice)
    except ValidationError as error:
        reason = str(error.errors()[0]["msg"]).removeprefix("Value error, ").removeprefix(f"{key}: ")
        return Defined(inferred, problem=f"{reason[:1].upper()}{reason[1:]}.")
    if definition.kind == "text":
        return Defined(
            definition, problem="Free text has no statistics, so these answers are not imported as ratings."
        )
    return Defined(
        definition,
        asks_failure=_asks_failure(definition, choice),
        problem=_problem_of_failures(definition),
    )


def _problem_of_failures(definition: Criterion) -> str:
    """Why these failures cannot be stored, as a sentence; empty: they can."""
    if definition.kind == "ordinal" and definition.failures:
        return (
            "The failures of an ordered scale are its lowest levels. Reverse the order of the levels, or choose labels "
            "without an order."
        )
    if definition.failures and len(definition.failures) == len(definition.choices):
        return "If every answer is a failure, there is nothing to measure."
    return ""


def _inferred(key: str, answers: Sequence[object], *, pairs: bool, question: str) -> Criterion:
    inferred = inferred_criterion(key, answers, pairs=pairs, question=question)
    if inferred.kind == "ordinal" and tuple(option.key for option in inferred.options) == LIKERT:
        return inferred.model_copy(update={"fails_below": 3.0})
    return inferred


def _built(inferred: Criterion, answers: Sequence[object], choice: CriterionChoice) -> Criterion:
    """Raises pydantic.ValidationError."""
    kind = choice.kind or inferred.kind
    has_failures = bool(choice.failures) or choice.fails_below is not None or choice.no_failure
    if kind == inferred.kind and choice.options is None and not has_failures:
        return inferred if choice.lowest is None and choice.highest is None else _of_range(inferred, choice)
    failures = choice.failures if has_failures else inferred.failures
    fails_below = choice.fails_below if has_failures else inferred.fails_below
    options = choice.options or _options(kind, inferred, answers)
    if kind != inferred.kind and not has_failures:
        failures, fails_below = (), None
    failures, fails_below = _as_threshold(kind, options, failures, fails_below)
    fields: dict[str, object] = {
        "key": inferred.key,
        "question": inferred.question,
        "kind": kind,
        "options": tuple(Option(key=option) for option in options) if kind in WITH_OPTIONS else (),
        "failures": failures,
        "fails_below": fails_below,
    }
    if kind == "numeric":
        fields |= {"lowest": choice.lowest, "highest": choice.highest}
    return _with_flags(fields, answers)


def _of_range(inferred: Criterion, choice: CriterionChoice) -> Criterion:
    if inferred.kind != "numeric":
        return inferred
    return Criterion.model_validate(
        inferred.model_dump() | {"lowest": choice.lowest, "highest": choice.highest}
    )


def _options(kind: Kind, inferred: Criterion, answers: Sequence[object]) -> tuple[str, ...]:
    """The options where none are stated: those that occur."""
    if kind not in WITH_OPTIONS:
        return ()
    if inferred.options and "multilabel" not in (kind, inferred.kind):
        return tuple(option.key for option in inferred.options)
    if kind == "multilabel":
        names = {name for answer in answers for name in label_names(answer)}
        return tuple(sorted(name for name in names if name.lower() not in NO_LABELS))[
            : MOST_LABELS_OF_ONE + 1
        ]
    numbers = {number_in(answer) for answer in answers}
    if numbers and None not in numbers:
        return tuple(f"{number:g}" for number in sorted(number for number in numbers if number is not None))
    most = MOST_LEVELS if kind == "ordinal" else MOST_OPTIONS
    return tuple(sorted({str(answer).strip() for answer in answers}))[: most + 1]


def _as_threshold(
    kind: Kind, options: Sequence[str], failures: tuple[str, ...], fails_below: float | None
) -> tuple[tuple[str, ...], float | None]:
    """Failures that are the lowest levels of an ordinal scale, as a threshold."""
    if kind == "ordinal" and failures:
        lowest = len(failures)
        if set(failures) == set(options[:lowest]) and lowest < len(options):
            return (), float(lowest + 1)
    return failures, fails_below


def _with_flags(fields: Mapping[str, object], answers: Sequence[object]) -> Criterion:
    """The criterion with the fewest further answers (cannot tell, tie, both bad) under which most answers are some."""
    kind = fields["kind"]
    flags: list[dict[str, bool]] = [{}]
    if kind == "binary":
        flags = [{"cannot_tell": False}, {"cannot_tell": True}]
    elif kind == "pairwise":
        flags = [{"ties": ties, "both_bad": bad} for bad in (False, True) for ties in (False, True)]
    criteria = [Criterion.model_validate({**fields, **flag}) for flag in flags]
    distinct = {repr(answer): answer for answer in answers[:100_000]}
    return max(criteria, key=lambda criterion: sum(_has(criterion, answer) for answer in distinct.values()))


def _has(criterion: Criterion, answer: object) -> bool:
    try:
        answer_of(criterion, answer)
    except NoSuchAnswer:
        return False
    return True


def _asks_failure(definition: Criterion, choice: CriterionChoice) -> bool:
    """Whether there are two answers, of which one may be the failure, and nobody said which."""
    if choice.no_failure or definition.failures or definition.fails_below is not None:
        return False
    return definition.kind == "binary" or (
        definition.kind in ("nominal", "ordinal") and len(definition.options) == 2
    )
