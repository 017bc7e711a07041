"""A table and what was said of it → items, criteria and ratings as they will be stored, and every problem by row."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from annotations.item_import.tables.definitions import Defined, defined, keys_of
from annotations.item_import.tables.documents import CriterionChoice, RowProblem
from annotations.item_import.tables.rows import stored_values
from annotations.models.imported import RatedBy
from perg.formats.mapping.reading import mapped_items
from perg.formats.mapping.uses import TableMapping
from perg.formats.rated_items import RatedItem, Rating
from perg.formats.tables.layout import Table
from perg.rubrics.answers import NoSuchAnswer, answer_of
from perg.rubrics.criterion import Criterion

LONGEST_ID, LONGEST_CLUSTER, LONGEST_RATER = 400, 400, 200
LONGEST_SHOWN = 60
KINDS = {"person": RatedBy.HUMAN, "judge": RatedBy.JUDGE}


@dataclass(frozen=True, slots=True)
class CheckedRating:
    """A rating whose answer the criterion has; `values` are those of the criterion's rows."""

    item: RatedItem
    rating: Rating
    values: Sequence[str]


@dataclass
class CheckedTable:
    """What a table holds.

    Attributes:
        items: those that can be stored.
        criteria: by their names in the table. ratings: by the name of their criterion.
        answers: of each criterion, all that the table has.
        problems: everything that cannot be used, in the order of the table.
    """

    items: list[RatedItem] = field(default_factory=list)
    criteria: dict[str, Defined] = field(default_factory=dict)
    ratings: dict[str, list[CheckedRating]] = field(default_factory=dict)
    answers: dict[str, list[object]] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)


def checked_table(
    table: Table,
    mapping: TableMapping,
    choices: Sequence[CriterionChoice],
    existing: Mapping[str, Criterion] | None = None,
) -> CheckedTable:
    """Apply a mapping and the choices to all rows. All items are in memory. Raises ImportRefused: no table.

    `existing`: criteria that are there already, by key; their answers are read as they define them.
    """
    mapped = mapped_items(table, mapping.in_order(table.columns))
    result = CheckedTable()
    result.problems = [
        RowProblem(row=problem.row, line=problem.place, column=problem.column, reason=problem.message)
        for problem in mapped.problems
    ]
    by_criterion = defaultdict[str, list[tuple[RatedItem, Rating]]](list)
    kinds: dict[str, str] = {}
    for item in mapped.items:
        if problem := _problem_of_item(item):
            result.problems.append(problem)
            continue
        result.items.append(item)
        for rating in item.ratings:
            if reason := _problem_of_rater(rating, kinds):
                result.problems.append(_at(rating, reason))
            else:
                by_criterion[rating.criterion].append((item, rating))
    pairs = any(len(item.exhibit.outputs) > 1 for item in result.items)
    _define(result, by_criterion, choices, existing or {}, pairs=pairs)
    for name, ratings in by_criterion.items():
        result.ratings[name] = list(_checked(result, result.criteria[name], ratings))
    result.problems.sort(key=lambda problem: problem.row)
    return result


def _define(
    result: CheckedTable,
    by_criterion: Mapping[str, Sequence[tuple[RatedItem, Rating]]],
    choices: Sequence[CriterionChoice],
    existing: Mapping[str, Criterion],
    *,
    pairs: bool,
) -> None:
    """The criterion of each name, in the order in which the table has them."""
    keys, stated = keys_of(by_criterion), {choice.name: choice for choice in choices}
    for name, ratings in by_criterion.items():
        key, answers = keys[name], [rating.answer for _, rating in ratings]
        result.answers[name] = answers
        if key in existing:
            result.criteria[name] = Defined(existing[key])
            continue
        choice = stated.get(name, CriterionChoice(name=name))
        result.criteria[name] = defined(
            key, answers, pairs=pairs, choice=choice, default_question="" if name == key else name
        )


def _checked(
    result: CheckedTable, criterion: Defined, ratings: Sequence[tuple[RatedItem, Rating]]
) -> list[CheckedRating]:
    if criterion.problem:
        return []
    checked = []
    for item, rating in ratings:
        try:
            answer = answer_of(criterion.definition, rating.answer, swapped=rating.swapped)
        except NoSuchAnswer as expected:
            answer_in_words = f"“{_shown(rating.answer)}” of {rating.rater} for “{rating.criterion}”"
            reason = f"has {answer_in_words}, which is not {expected}"
            result.problems.append(_at(rating, reason))
            continue
        checked.append(CheckedRating(item, rating, stored_values(criterion.definition, answer)))
    return checked


def _problem_of_item(item: RatedItem) -> RowProblem | None:
    for name, text, longest in (
        ("id", item.external_id, LONGEST_ID),
        ("cluster", item.cluster, LONGEST_CLUSTER),
    ):
        if len(text) > longest:
            reason = f"has a text of {len(text):,} characters as its {name}; at most {longest} are stored"
            return RowProblem(row=item.row, line=item.place, column="", reason=reason)
    return None


def _problem_of_rater(rating: Rating, kinds: dict[str, str]) -> str:
    if len(rating.rater) > LONGEST_RATER:
        return f"has a rater's name of {len(rating.rater):,} characters; at most {LONGEST_RATER} are stored"
    if not rating.rater.strip():
        return "has an answer and no rater"
    if kinds.setdefault(rating.rater, rating.kind) != rating.kind:
        words = {"person": "a person", "judge": "a judge"}
        return f"has {rating.rater} as {words[rating.kind]}, elsewhere as {words[kinds[rating.rater]]}"
    return ""


def _at(rating: Rating, reason: str) -> RowProblem:
    return RowProblem(row=rating.row, line=rating.place, column="", reason=reason)


def _shown(answer: object) -> str:
    text = " ".join(str(answer)[: 4 * LONGEST_SHOWN].split())
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def counted(answers: Sequence[object]) -> Counter[str]:
    """How often each answer occurs, as the table has it."""
    return Counter(_shown(answer) for answer in answers)
