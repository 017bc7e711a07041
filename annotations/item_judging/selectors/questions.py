"""The questions that a judge can be asked of a campaign's items, and how their answers are stored.

A criterion that came without a definition gets one from its scale and its ratings, so that old imports can be judged.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from pydantic import BaseModel, ConfigDict, ValidationError

from annotations.models import Campaign, Criterion, ImportedRating
from annotations.models.imported import AnswerKind, RatingScale
from perg.formats.label_forms import shown
from perg.formats.tables.summary import number_in
from perg.rubrics.answers import Answer, NoSuchAnswer, answer_of, option_key, option_keys
from perg.rubrics.criterion import MOST_LEVELS, NO, YES, Kind, Option
from perg.rubrics.criterion import Criterion as Definition
from perg.rubrics.inference import inferred_criterion

MOST_RATINGS = 100_000
"""Ratings that are looked at to find out how a criterion's answers are written."""


class Question(BaseModel):
    """What can be asked of an item, and the criteria that hold its answers, by their primary keys.

    `rows`: one criterion or, where any of several labels is an answer, one of yes and no for each label that is stored.
    `spellings`: how ratings write each option of a criterion, by its primary key.
    """

    model_config = ConfigDict(frozen=True)

    definition: Definition
    rows: dict[str, int]
    spellings: dict[int, dict[str, str]]

    @property
    def key(self) -> str:
        return self.definition.key

    @property
    def is_pairwise(self) -> bool:
        return self.definition.kind == "pairwise"

    def stored(self, answer: Answer, *, swapped: bool = False) -> list[tuple[int, str]]:
        """The criteria and values as which an answer is stored. `swapped`: the second output was shown first."""
        if self.definition.kind == "multilabel":
            chosen = option_keys(self.definition, float(answer))
            return [
                (row, self._spelled(row, YES if label in chosen else NO)) for label, row in self.rows.items()
            ]
        (row,) = self.rows.values()
        if self.definition.kind in ("numeric", "text"):
            return [(row, shown(answer if isinstance(answer, str) else float(answer)))]
        key = option_keys(self.definition, float(answer))[0]
        if swapped:
            key = option_keys(self.definition, float(answer_of(self.definition, key, swapped=True)))[0]
        return [(row, self._spelled(row, key))]

    def read(self, values: Mapping[int, str]) -> object | None:
        """The answer in stored values (by criterion), as a judge would write it in JSON; None where one is missing."""
        if any(row not in values for row in self.rows.values()):
            return None
        if self.definition.kind == "multilabel":
            return [label for label, row in self.rows.items() if values[row] == self._spelled(row, YES)]
        (row,) = self.rows.values()
        if self.definition.kind in ("numeric", "text"):
            return values[row] if self.definition.kind == "text" else number_in(values[row])
        keys = {self._spelled(row, option.key): option.key for option in self.definition.choices}
        return keys.get(values[row])

    def _spelled(self, row: int, key: str) -> str:
        return self.spellings.get(row, {}).get(key, key)


def questions_of(campaign: Campaign) -> list[Question]:
    """The questions that can be asked of the items of a campaign, in order."""
    rows = list(campaign.criteria.all())
    values, keys = _values(rows), set[str]()
    questions = list[Question]()
    for name, of_question in _by_question(rows).items():
        definition = _definition(name, of_question, values)
        definition = definition.model_copy(update={"key": _free(definition.key, keys)})
        keys.add(definition.key)
        questions.append(_question(definition, of_question, values))
    return questions


def _by_question(rows: Iterable[Criterion]) -> dict[str, list[Criterion]]:
    """Criteria by the question that they are, or are a label of."""
    questions: dict[str, list[Criterion]] = {}
    for row in rows:
        questions.setdefault(row.part_of or row.key, []).append(row)
    return questions


def _values(rows: Sequence[Criterion]) -> dict[int, list[str]]:
    """The different values that the first ratings have, by criterion; only where they say how answers are written."""
    values: dict[int, list[str]] = {row.pk: [] for row in rows}
    unsure = [row.pk for row in rows if not row.definition or row.scale == RatingScale.NOMINAL]
    first = ImportedRating.objects.filter(criterion__in=unsure).order_by("pk").values("criterion", "value")
    for criterion, value in (
        ImportedRating.objects.filter(pk__in=first.values("pk")[:MOST_RATINGS])
        .order_by("criterion", "value")
        .values_list("criterion", "value")
        .distinct()
    ):
        values[criterion].append(value)
    return values


def _question(
    definition: Definition, rows: Sequence[Criterion], values: Mapping[int, Sequence[str]]
) -> Question:
    if definition.kind == "multilabel":
        labels = _labels(definition, rows)
        yes_or_no = Definition(key=definition.key, kind="binary")
        spellings = {row.pk: _spelling(row, yes_or_no, values[row.pk]) for row in labels.values()}
        label_rows = {label: row.pk for label, row in labels.items()}
        return Question(definition=definition, rows=label_rows, spellings=spellings)
    row = rows[0]
    spelling = _spelling(row, definition, values[row.pk])
    return Question(definition=definition, rows={"": row.pk}, spellings={row.pk: spelling})


def _labels(definition: Definition, rows: Sequence[Criterion]) -> dict[str, Criterion]:
    """The criterion of each label: by their names or, where names do not say it, in their order."""
    by_key = {_plain(row.key): row for row in rows}
    labels: dict[str, Criterion] = {}
    for option in definition.options:
        names = [name for name in (option.key, option.label) if name]
        keys = [_plain(key) for name in names for key in (f"{rows[0].part_of} {name}", name)]
        row = next((by_key[key] for key in keys if key in by_key), None)
        if row is not None:
            labels[option.key] = row
    if len(labels) < len(definition.options) == len(rows):
        keys = [option.key for option in definition.options]
        return dict(zip(keys, rows, strict=True))
    return labels


def _definition(name: str, rows: Sequence[Criterion], values: Mapping[int, Sequence[str]]) -> Definition:
    """What is asked: as it was defined, or else as its criteria say."""
    row = rows[0]
    stated = _stated(row)
    if stated is not None and (not row.part_of or stated.kind == "multilabel"):
        return stated
    question = stated.question if stated is not None else row.question
    if row.part_of:
        options = tuple(Option(key=_label_of(part, name)) for part in rows)
        return Definition(key=criterion_key(name), question=row.question, kind="multilabel", options=options)
    return _from_scale(row, question, values[row.pk])


def _stated(row: Criterion) -> Definition | None:
    if not row.definition:
        return None
    try:
        return Definition.model_validate(row.definition)
    except ValidationError:
        return None


def _label_of(row: Criterion, question: str) -> str:
    """The label that a criterion stands for: its key without the question's."""
    label = row.key.removeprefix(question).strip(" .:/_-[]")
    return (label or row.key)[:200]


def _from_scale(row: Criterion, question: str, values: Sequence[str]) -> Definition:
    """A definition from kind, scale and categories, where they say enough, or else from the answers that occur."""
    key, answers = criterion_key(row.key), list(row.categories or values)
    if row.kind == AnswerKind.NUMERIC:
        return _range(key, question, row.categories)
    if row.kind == AnswerKind.ORDINAL and (levels := _levels(answers)):
        if len(levels) > MOST_LEVELS:
            return _range(key, question, answers)
        return Definition(key=key, question=question, kind="ordinal", options=_options(levels))
    if row.kind == AnswerKind.PAIRWISE:
        return Definition(
            key=key, question=question, kind="pairwise", both_bad=row.scale == RatingScale.NOMINAL
        )
    yes_or_no = Definition(key=key, question=question, kind="binary")
    if row.kind == AnswerKind.BINARY and all(_has(yes_or_no, answer) for answer in answers):
        return yes_or_no
    if row.categories and len(row.categories) >= 2:
        kind: Kind = (
            "ordinal"
            if row.scale == RatingScale.ORDINAL and len(row.categories) <= MOST_LEVELS
            else "nominal"
        )
        return Definition(key=key, question=question, kind=kind, options=_options(row.categories))
    inferred = inferred_criterion(key, answers, question=question)
    if inferred.kind != "text" or len(answers) < 2:
        return inferred
    # Few different answers are names, whatever they look like: each stands here once.
    return Definition(key=key, question=question, kind="nominal", options=_options(answers))


def _range(key: str, question: str, answers: Sequence[str] | None) -> Definition:
    numbers = [number for number in map(number_in, answers or ()) if number is not None]
    if len(set(numbers)) < 2:
        return Definition(key=key, question=question, kind="numeric")
    return Definition(key=key, question=question, kind="numeric", lowest=min(numbers), highest=max(numbers))


def _levels(answers: Sequence[str]) -> list[str]:
    """The levels of a scale of whole numbers, those included that nobody chose; empty: it has no such levels."""
    numbers = [number_in(answer) for answer in answers]
    whole = [int(number) for number in numbers if number is not None and number.is_integer()]
    if len(whole) < len(numbers) or len(set(whole)) < 2:
        return []
    first = 1 if 1 < min(whole) <= 3 else min(whole)
    return [str(level) for level in range(first, max(whole) + 1)]


def _options(keys: Iterable[str]) -> tuple[Option, ...]:
    return tuple(Option(key=key) for key in dict.fromkeys(keys))


def _has(definition: Definition, answer: str) -> bool:
    try:
        option_key(definition, answer)
    except NoSuchAnswer:
        return False
    return True


def _spelling(row: Criterion, definition: Definition, values: Sequence[str]) -> dict[str, str]:
    """How each option is written: on an ordinal scale by a number, else as the categories or the ratings have it."""
    options = definition.choices
    keys = [option.key for option in options]
    if not options:
        return {}
    if row.scale != RatingScale.NOMINAL and definition.kind != "binary":
        numbers = [number for number in map(number_in, keys) if number is not None]
        if len(numbers) == len(keys) and all(low < high for low, high in pairwise(numbers)):
            return {key: shown(float(number)) for key, number in zip(keys, numbers, strict=True)}
        return {key: str(place) for place, key in enumerate(keys, start=1)}
    spelling: dict[str, str] = {}
    for value in [*(row.categories or ()), *values]:
        try:
            spelling.setdefault(option_key(definition, value), value)
        except NoSuchAnswer:
            continue
    if row.scale != RatingScale.NOMINAL:  # of yes and no: numbers, where no rating says which
        spelling = {NO: "0", YES: "1"} | spelling
    return spelling


def criterion_key(name: str) -> str:
    """A name as the key of a definition."""
    key = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return (key if key[:1].isalpha() else f"c_{key}")[:50].rstrip("_") or "c"


def _free(key: str, keys: set[str]) -> str:
    """The key, or one like it that no other question has."""
    number, free = 1, key
    while free in keys:
        number += 1
        free = f"{key[:46]}_{number}"
    return free


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.strip().lower())
